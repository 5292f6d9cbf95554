// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/intrusive_list.hpp>
#include <eddy/core/promise.hpp>

namespace eddy::detail {

/// A suspended coroutine: in the list of what it waits for, then in its loop's queue of those to
/// resume.
struct ready_node : list_node {
    std::coroutine_handle<> coroutine;
    const promise_base* promise = nullptr; ///< The coroutine's.
};

/// The base of Eddy's awaiters. Lives in the frame of the coroutine that waits, and unlinks itself
/// when that is destroyed.
///
/// A derived class gives `await_ready`, `await_resume`, `start` and `on_stop`.
class EDDY_EXPORT waiter : public ready_node {
public:
    waiter() noexcept = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting) {
        return suspend(waiting, waiting.promise());
    }

    /// Resumes the coroutine in this turn of its loop. Not again until it waits again.
    void wake() noexcept;

protected:
    ~waiter() {
        if (stage_ == stage::waits) {
            promise->context->waits = nullptr;
        }
    }

    /// Begins the wait, and may call `wake` at once. False when it is over already and the
    /// coroutine goes on without suspending.
    virtual bool start() = 0;

    /// A stop was requested during the wait, or before it: then this is called right after `start`.
    /// Not called any more once `wake` was. A wait that ends by a stop calls `wake`; it must not
    /// resume anything from here.
    virtual void on_stop() noexcept = 0;

    [[nodiscard]] loop& owner() const noexcept { return *promise->context->owner; }
    [[nodiscard]] const promise_base& waiting() const noexcept { return *promise; }
    [[nodiscard]] bool is_stopping() const noexcept {
        return promise->context->stop.stop_requested();
    }

private:
    friend struct task_context;
    enum class stage : unsigned char { idle, waits, woken };

    bool suspend(std::coroutine_handle<> waiting, promise_base& its_promise);

    stage stage_ = stage::idle;
};

} // namespace eddy::detail
