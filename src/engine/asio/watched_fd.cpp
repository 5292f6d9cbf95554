// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/watched_fd.hpp"

#include <eddy/core/loop.hpp>

namespace eddy::detail {

error_code watched_fd::attach(boost::asio::io_context& context, loop& owner) {
    error_code failure;
    descriptor_.emplace(context);
    descriptor_->assign(fd_.get(), failure);
    if (failure) {
        descriptor_.reset();
        return failure;
    }
    native_ = fd_.release();
    owner_ = &owner;
    return {};
}

void watched_fd::wait(direction side, readiness_sink& sink) {
    sides_[side].sink = &sink;
    if (sides_[side].is_pending) {
        return;
    }
    sides_[side].is_pending = true;
    const auto what = side == readable ? boost::asio::posix::descriptor_base::wait_read
                                       : boost::asio::posix::descriptor_base::wait_write;
    descriptor_->async_wait(what, [self = watched_fd_ptr(this), side](const error_code&) {
        self->fired(side);
    });
}

void watched_fd::fired(direction side) noexcept {
    sides_[side].is_pending = false;
    if (auto* sink = std::exchange(sides_[side].sink, nullptr)) {
        loop& owner = *owner_; // the sink may close this descriptor
        sink->on_ready();
        owner.turn();
    }
}

void watched_fd::close() noexcept {
    sides_ = {
        side_state{nullptr, sides_[readable].is_pending},
        side_state{nullptr, sides_[writable].is_pending}
    };
    fd_.reset();
    if (descriptor_) {
        error_code ignored;
        descriptor_->close(ignored);
    }
}

} // namespace eddy::detail
