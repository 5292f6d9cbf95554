// SPDX-License-Identifier: BSL-1.0
#include "engine/linux/bridged_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_bridge.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <utility>

namespace eddy::detail {

bridged_engine::bridged_engine() : alarm_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!alarm_ || clock_.fd() < 0) {
        const error_code failure(errno, std::system_category());
        throw error(failure, "engine: no eventfd or timerfd: " + failure.message());
    }
}

bridged_engine::~bridged_engine() = default;

boost::asio::io_context& bridged_engine::context() {
    if (!bridge_) {
        bridge_ = make_bridge();
        arm_timer(armed_);
        bridge_->round_soon();
    }
    return bridge_->context();
}

void bridged_engine::run() {
    is_stopped_ = false;
    while (!is_stopped_) {
        if (bridge_) {
            bridge_->round_soon(); // for what came while Asio did not run
            bridge_->run();
        } else {
            const bool waits = !turn_soon_ && !is_due();
            round(waits ? clock_.patience(armed_, [this] { return now(); }) : duration::zero());
        }
    }
}

void bridged_engine::stop() noexcept {
    is_stopped_ = true;
    if (bridge_) {
        bridge_->stop();
    }
}

void bridged_engine::wake() noexcept {
    if (!home()->owner) {
        return; // what is dropped while the loop is destroyed may post
    }
    if (!owner().is_current()) {
        ::eventfd_write(alarm_.get(), 1);
        return;
    }
    turn_soon_ = true;
    if (bridge_) {
        bridge_->round_soon();
    }
}

void bridged_engine::arm_timer(time_point at) noexcept {
    armed_ = at;
    if (bridge_) {
        bridge_->arm(at);
    }
}

void bridged_engine::end_round(bool has_turned) {
    if (std::exchange(turn_soon_, false) || !has_turned) {
        owner().begin_round();
        owner().turn();
    }
}

} // namespace eddy::detail
