// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

namespace eddy::detail {

bool sleep_awaiter::start() {
    owner().arm(alarm_, until_);
    return true;
}

void sleep_awaiter::on_stop() noexcept {
    is_cancelled_ = true;
    alarm_.disarm();
    wake();
}

void sleep_awaiter::await_resume() const {
    if (is_cancelled_) {
        throw cancelled();
    }
}

bool yield_awaiter::start() {
    wake();
    return true;
}

void yield_awaiter::await_resume() const {
    if (is_stopping()) {
        throw cancelled();
    }
}

} // namespace eddy::detail
