// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/awaiter.hpp>
#include <eddy/core/loop.hpp>

namespace eddy::detail {

void waiter::wake() noexcept {
    stop_.unlink();
    is_woken_ = true;
    owner_->schedule(*this);
}

bool waiter::suspend(std::coroutine_handle<> waiting, promise_base& its_promise) {
    coroutine = waiting;
    promise = &its_promise;
    owner_ = its_promise.context->owner;
    is_woken_ = false;
    if (!start()) {
        return false;
    }
    if (is_woken_) {
        return true; // it only yields; a stop finds it already on its way
    }
    auto& stop = its_promise.context->stop;
    if (stop.stop_requested()) {
        // Through the queue, not at once: a task that ignores its stop must still let others run.
        on_stop();
    } else {
        stop.subscribe(stop_);
    }
    return true;
}

} // namespace eddy::detail
