// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/stop_token.hpp>
#include <eddy/export.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>

namespace eddy {
class loop;
}

namespace eddy::detail {

/// Coroutine frames come from a cache of recycled blocks, one cache a thread.
EDDY_EXPORT void* allocate_frame(std::size_t size);
EDDY_EXPORT void free_frame(void* frame, std::size_t size) noexcept;
/// Gives the kept blocks of this thread back to the heap: what comes next allocates as if nothing
/// had run before.
EDDY_EXPORT void empty_frame_cache() noexcept;
/// Bytes of the frames that this thread has made, less those that it has freed. Below zero where
/// more were brought than taken away.
EDDY_EXPORT std::ptrdiff_t frame_bytes() noexcept;

struct promise_base;
class waiter;

/// Stands for an awaiter that stays where it is. g++ 12 copies whatever `await_transform` gives a
/// reference to into the frame, and an awaiter that is linked somewhere has one address for life.
template <class Awaiter>
class awaiter_reference {
public:
    explicit awaiter_reference(Awaiter& awaiter) noexcept : awaiter_(&awaiter) {}

    [[nodiscard]] bool await_ready() { return awaiter_->await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> waiting) {
        return awaiter_->await_suspend(waiting);
    }
    decltype(auto) await_resume() { return awaiter_->await_resume(); }

private:
    Awaiter* awaiter_;
};

/// On whose account a task runs; tasks that it spawns inherit it.
struct task_owner {
    const char* listener = nullptr; ///< Its name, which outlives the loop; null: nobody's.
    std::uint64_t session = 0;      ///< Its number; 0 when it is none.
};

/// What all coroutines of one task tree share: the root of a chain of awaiting coroutines.
struct EDDY_EXPORT task_context {
    task_context() noexcept = default;
    task_context(const task_context&) = delete;
    task_context& operator=(const task_context&) = delete;

    /// Called once, on the loop, when the root coroutine has finished. May destroy the coroutine
    /// and this object.
    virtual void finished() noexcept = 0;

    /// Stops the task: tells those who have subscribed to its stop, then ends the wait it is in.
    void request_stop() noexcept;

    loop* owner = nullptr;
    promise_base* root = nullptr;
    waiter* waits = nullptr; ///< What the innermost coroutine waits in, for a stop to end it.
    stop_source stop;
    task_owner account; ///< For the watchdog.

protected:
    ~task_context() = default;
};

/// The part of every task's promise that does not depend on its result.
struct EDDY_EXPORT promise_base {
    /// Hands control back when a coroutine ends.
    struct final_awaiter {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_resume() const noexcept {}

        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            finish(self.promise());
        }
    };

    promise_base() noexcept = default;
    promise_base(const promise_base&) = delete;
    promise_base& operator=(const promise_base&) = delete;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }

    /// Notes where the coroutine waits, for the live view and for naming who blocks a loop or
    /// ignores a stop.
    template <class Awaitable>
    decltype(auto) await_transform(
        Awaitable&& awaitable, std::source_location at = std::source_location::current()
    ) {
        where = at;
        if constexpr (requires { static_cast<Awaitable&&>(awaitable).operator co_await(); }) {
            return static_cast<Awaitable&&>(awaitable).operator co_await();
        } else if constexpr (requires { operator co_await(static_cast<Awaitable&&>(awaitable)); }) {
            return operator co_await(static_cast<Awaitable&&>(awaitable));
        } else {
            static_assert(
                requires { awaitable.await_ready(); },
                "eddy: this cannot be awaited; a task is awaited once: co_await std::move(it)"
            );
            return awaiter_reference(awaitable);
        }
    }

    /// Runs `child` up to its first real suspension. True when the parent has to wait for it.
    ///
    /// The child runs inside the parent's `await_suspend` instead of by symmetric transfer, because
    /// g++ 12 does not turn that into a tail call at -O0, at -O1 or under a sanitizer: a loop over
    /// a million awaits that finish at once must need constant stack in every build
    /// (docs/guide/compilers.md).
    static bool start_child(
        promise_base& child,
        std::coroutine_handle<> child_handle,
        promise_base& parent,
        std::coroutine_handle<> parent_handle
    );
    static void finish(promise_base& self) noexcept;

    std::coroutine_handle<>
        continuation; ///< The parent's frame, resumed at the end; null for a root.
    promise_base* parent = nullptr;
    promise_base* child = nullptr; ///< The coroutine that this one waits for, if it waits for one.
    task_context* context = nullptr;
    std::exception_ptr failure;
    std::source_location where;
    bool starting = false;
    bool done = false;
};

} // namespace eddy::detail
