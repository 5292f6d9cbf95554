// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/awaiter.hpp>
#include <eddy/core/loop.hpp>

namespace eddy::detail {

void waiter::wake() noexcept {
    task_context& context = *promise->context;
    context.waits = nullptr;
    stage_ = stage::woken;
    context.owner->schedule(*this);
}

bool waiter::suspend(std::coroutine_handle<> waiting, promise_base& its_promise) {
    coroutine = waiting;
    promise = &its_promise;
    stage_ = stage::idle;
    if (!start()) {
        return false;
    }
    if (stage_ == stage::woken) {
        return true; // it only yields; a stop finds it already on its way
    }
    task_context& context = *its_promise.context;
    if (context.stop.stop_requested()) {
        // Through the queue, not at once: a task that ignores its stop must still let others run.
        on_stop();
    } else {
        stage_ = stage::waits;
        context.waits = this;
    }
    return true;
}

void task_context::request_stop() noexcept {
    if (stop.stop_requested()) {
        return;
    }
    stop.request_stop();
    if (waits) {
        waits->on_stop();
    }
}

} // namespace eddy::detail
