// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/promise.hpp>

#include <optional>
#include <utility>

namespace eddy {

template <class Value = void>
class task;

namespace detail {

template <class Value>
struct task_promise : promise_base {
    task<Value> get_return_object() noexcept;

    template <class Result = Value>
    void return_value(Result&& result) {
        value.emplace(std::forward<Result>(result));
    }

    Value take() {
        if (failure) {
            std::rethrow_exception(failure);
        }
        return std::move(value.value()); // which throws when the task has ended without co_return
    }

    std::optional<Value> value;
};

template <>
struct task_promise<void> : promise_base {
    task<void> get_return_object() noexcept;

    void return_void() const noexcept {}

    void take() const {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
};

} // namespace detail

/// A coroutine that runs on a loop: lazy, move-only, owned by whoever awaits it or by the scope
/// that runs it.
///
/// Life cycle: created suspended; started by `co_await` in another task, by `scope::spawn` or by
/// `loop::run`; destroyed together with its object, also in the middle of a wait: everything that
/// it waits for is unlinked first.
///
/// @par Errors
/// An exception that leaves the coroutine is thrown out of the `co_await` that waits for it.
///
/// @par Fairness
/// Awaiting a task that finishes without waiting is a call: nobody else runs meanwhile, however
/// often it is done. What Eddy can finish at once (reads, writes, channels, `connect` …) counts,
/// and now and then lets others run; code that does none of it for long calls `yield`.
///
/// @par Cancellation
/// A task shares the stop token of the task that awaits it. After a stop, operations give
/// `errc::cancelled`, or throw `eddy::cancelled` where they have no error to give.
///
/// @par Thread safety
/// A task stays on the loop that started it.
///
/// @par Example
/// @snippet examples/01_shout/main.cpp handler
template <class Value>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<Value>;
    using handle_type = std::coroutine_handle<promise_type>;

    task() noexcept = default;
    explicit task(handle_type coroutine) noexcept : coroutine_(coroutine) {}
    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~task() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

    [[nodiscard]] bool is_valid() const noexcept { return static_cast<bool>(coroutine_); }

    /// The coroutine itself, for scopes and bridges that start it. It stays owned by this object.
    [[nodiscard]] handle_type handle() const noexcept { return coroutine_; }

    class awaiter {
    public:
        explicit awaiter(handle_type child) noexcept : child_(child) {}

        [[nodiscard]] bool await_ready() const noexcept { return false; }

        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> parent) {
            return detail::promise_base::start_child(
                child_.promise(), child_, parent.promise(), parent
            );
        }

        Value await_resume() {
            child_.promise().parent->child = nullptr;
            return child_.promise().take();
        }

    private:
        handle_type child_;
    };

    /// Starts the task and waits for its result. Only once, and only on an rvalue: the result is
    /// moved out.
    awaiter operator co_await() && noexcept { return awaiter(coroutine_); }

private:
    handle_type coroutine_;
};

namespace detail {

template <class Value>
task<Value> task_promise<Value>::get_return_object() noexcept {
    return task<Value>(std::coroutine_handle<task_promise>::from_promise(*this));
}

inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

} // namespace detail
} // namespace eddy
