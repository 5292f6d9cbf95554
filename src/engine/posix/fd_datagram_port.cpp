// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/fd_datagram_port.hpp"

#include <eddy/core/loop.hpp>

namespace eddy::detail {

fd_datagram_port::fd_datagram_port(
    watched_fd_ptr socket, endpoint where, std::size_t max_datagram, posix::unix_path_guard path
)
    : path_(std::move(path)), socket_(std::move(socket)), where_(std::move(where)),
      io_(max_datagram, where_.kind(), where_.port()) {}

bool fd_datagram_port::start_receive(receive_op& op) {
    if ((socket_->take_readable() || likely_readable_ || !op.wait) && receive(op)) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    receive_ = &op;
    socket_->wait(watched_fd::readable, receive_side_);
    return false;
}

bool fd_datagram_port::receive(receive_op& op) {
    socket_->owner().counts().receives.add(1);
    const auto count = io_.receive(socket_->fd(), op.datagrams);
    op.received = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    const bool found_nothing = op.error == errc::would_block;
    // An error tells nothing about what is behind it.
    likely_readable_ = !found_nothing && (op.error || io_.has_more());
    return !found_nothing;
}

void fd_datagram_port::readable() noexcept {
    receive_op& op = *std::exchange(receive_, nullptr);
    if (receive(op)) {
        op.complete(op);
    } else {
        start_receive(op);
    }
}

bool fd_datagram_port::start_send(send_op& op) {
    socket_->owner().counts().sends.add(1);
    const auto count = io_.send(socket_->fd(), op.datagrams);
    op.sent = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    if (op.error != errc::would_block) {
        return true;
    }
    send_ = &op;
    socket_->wait(watched_fd::writable, send_side_);
    return false;
}

void fd_datagram_port::writable() noexcept {
    send_op& op = *std::exchange(send_, nullptr);
    op.sent = 0;
    op.error = {};
    op.complete(op);
}

void fd_datagram_port::cancel_receive() noexcept {
    receive_ = nullptr;
    socket_->forget(watched_fd::readable);
}

void fd_datagram_port::cancel_send() noexcept {
    send_ = nullptr;
    socket_->forget(watched_fd::writable);
}

} // namespace eddy::detail
