// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/stored_value.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace eddy {

namespace detail {

/// A function on its way to another thread and back. Shared by the task that waits and the job that
/// runs it, as each may be gone first.
class EDDY_EXPORT offload_call {
public:
    offload_call() noexcept = default;
    offload_call(const offload_call&) = delete;
    offload_call& operator=(const offload_call&) = delete;
    virtual ~offload_call();

    std::exception_ptr failure;
    waiter* waiting = nullptr; ///< The loop's alone; null when nobody waits any more.
    std::atomic<bool> is_wanted{true};

    virtual void run() = 0;
};

template <class Function, class Value>
class offload_function final : public offload_call {
public:
    explicit offload_function(Function&& work) : function(std::move(work)) {}

    void run() override {
        if constexpr (std::is_void_v<Value>) {
            function();
            value.emplace();
        } else {
            value.emplace(function());
        }
    }

    Function function;
    std::optional<stored_value<Value>> value;
};

class EDDY_EXPORT offload_waiter : public waiter {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

protected:
    explicit offload_waiter(std::shared_ptr<offload_call> call) noexcept : call_(std::move(call)) {}
    ~offload_waiter() { abandon(); }

    /// Throws what the function threw, or `cancelled`.
    void check() const;

private:
    bool start() override;
    void on_stop() noexcept override;
    void abandon() noexcept;

    std::shared_ptr<offload_call> call_;
    bool is_cancelled_ = false;
};

template <class Function>
class offload_awaiter final : public offload_waiter {
public:
    using value_type = std::invoke_result_t<Function&>;
    static_assert(
        !std::is_reference_v<value_type>, "the result is made on another thread: give a value"
    );

    explicit offload_awaiter(Function&& function)
        : offload_awaiter(
              std::make_shared<offload_function<Function, value_type>>(std::move(function))
          ) {}

    value_type await_resume() {
        check();
        if constexpr (!std::is_void_v<value_type>) {
            return std::move(*function_->value);
        }
    }

private:
    explicit offload_awaiter(const std::shared_ptr<offload_function<Function, value_type>>& call
    ) noexcept
        : offload_waiter(call), function_(call.get()) {}

    offload_function<Function, value_type>* function_; // owned by the base
};

} // namespace detail

/// Runs `function()` on a thread for work that blocks, and waits for its result; the loop serves
/// others meanwhile.
///
/// @param function  Called once on another thread. Nothing that it refers to may go before it ends:
/// own what it needs.
///
/// @par Errors
/// Throws what the function throws; `eddy::cancelled` when the task was stopped;
/// `std::system_error` when there is no thread.
///
/// @par Cancellation
/// A stop ends the wait at once. A function that runs by then runs on, and its result is dropped;
/// one that has not begun is not called. The same goes for a waiting task that is destroyed.
///
/// @par Thread safety
/// In a task, on its loop.
///
/// g++ 12 destroys a lambda that owns something twice when it is written inside a `co_await`. Name
/// the awaiter then: `auto digest = offload([text = std::move(text)] { return sha256(text); });
/// co_await digest;`
template <class Function>
[[nodiscard]] detail::offload_awaiter<Function> offload(Function function) {
    return detail::offload_awaiter<Function>(std::move(function));
}

} // namespace eddy
