// SPDX-License-Identifier: BSL-1.0
#include "net/pool_waiter.hpp"

#include <eddy/core/loop.hpp>

#include <utility>

namespace eddy::detail {

bool pool_waiter::start() {
    is_suspended_ = true;
    owner().arm(*this, limit_.at());
    return true;
}

void pool_waiter::finish(error_code why) noexcept {
    leave();
    disarm();
    why_ = why;
    is_finished_ = true;
    if (is_suspended_) {
        wake();
    }
}

void pool_waiter::leave() noexcept {
    if (std::exchange(is_waiting_, false)) {
        unlink();
        --line_->size_;
    }
}

} // namespace eddy::detail
