// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>

namespace eddy {

void event::set() noexcept {
    is_set_ = true;
    while (auto* waiter = waiters_.pop_front()) {
        static_cast<wait_awaiter&>(*waiter).wake();
    }
}

bool event::wait_awaiter::start() {
    if (!event_->is_set_ || is_stopping()) {
        event_->waiters_.push_back(*this);
        return true;
    }
    if (owner().spend()) {
        return false;
    }
    wake();
    return true;
}

void event::wait_awaiter::on_stop() noexcept {
    is_cancelled_ = true;
    wake();
}

void event::wait_awaiter::await_resume() const {
    if (is_cancelled_) {
        throw cancelled();
    }
}

} // namespace eddy
