// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_datagram_port.hpp"

namespace eddy::detail {

asio_datagram_port::asio_datagram_port(
    watched_fd_ptr socket, endpoint where, std::size_t max_datagram, posix::unix_path_guard path
)
    : path_(std::move(path)), socket_(std::move(socket)), where_(std::move(where)),
      io_(max_datagram, where_.kind(), where_.port()) {}

bool asio_datagram_port::start_receive(receive_op& op) {
    if ((likely_readable_ || !op.wait) && receive(op)) {
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

bool asio_datagram_port::receive(receive_op& op) {
    const auto count = io_.receive(socket_->fd(), op.datagrams);
    op.received = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    likely_readable_ = op.received == std::min(op.datagrams.size(), posix::datagram_io::batch);
    return op.error != errc::would_block;
}

void asio_datagram_port::readable() noexcept {
    receive_op& op = *std::exchange(receive_, nullptr);
    if (receive(op)) {
        op.complete(op);
    } else {
        start_receive(op);
    }
}

bool asio_datagram_port::start_send(send_op& op) {
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

void asio_datagram_port::writable() noexcept {
    send_op& op = *std::exchange(send_, nullptr);
    op.sent = 0;
    op.error = {};
    op.complete(op);
}

void asio_datagram_port::cancel_receive() noexcept {
    receive_ = nullptr;
    socket_->forget(watched_fd::readable);
}

void asio_datagram_port::cancel_send() noexcept {
    send_ = nullptr;
    socket_->forget(watched_fd::writable);
}

} // namespace eddy::detail
