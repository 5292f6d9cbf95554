// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_watched_fd.hpp"

#include <eddy/core/loop.hpp>

namespace eddy::detail {

void asio_watched_fd::wait(direction side, readiness_sink& sink) {
    sides_[side].sink = &sink;
    if (sides_[side].is_pending) {
        return;
    }
    sides_[side].is_pending = true;
    const auto what = side == readable ? boost::asio::posix::descriptor_base::wait_read
                                       : boost::asio::posix::descriptor_base::wait_write;
    const boost::intrusive_ptr<asio_watched_fd> self(this);
    descriptor_.async_wait(what, [self, side](const boost::system::error_code&) {
        self->fired(side);
    });
}

void asio_watched_fd::fired(direction side) noexcept {
    sides_[side].is_pending = false;
    if (auto* sink = std::exchange(sides_[side].sink, nullptr)) {
        loop& home = owner(); // the sink may close this descriptor
        home.begin_turn();
        sink->on_ready();
        home.turn();
    }
}

void asio_watched_fd::close() noexcept {
    forget(readable);
    forget(writable);
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

} // namespace eddy::detail
