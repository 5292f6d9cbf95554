// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_stream.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_engine.hpp"
#include "engine/posix/socket.hpp"

#include <array>

namespace eddy::detail {
namespace {

/// pipe(7): a pipe that polls writable takes this much without blocking. Inherited descriptors stay
/// in blocking mode, because the mode belongs to whoever else has them open.
constexpr std::size_t pipe_atomic = 4096;

bool would_block(const error_code& code) noexcept {
    return code == errc::would_block;
}

} // namespace

asio_stream::asio_stream(watched_fd_ptr both, calls how)
    : input_(both), output_(std::move(both)), calls_(how) {}

asio_stream::asio_stream(watched_fd_ptr input, watched_fd_ptr output)
    : input_(std::move(input)), output_(std::move(output)), calls_(calls::plain),
      likely_readable_(false) {}

asio_stream::~asio_stream() {
    input_->close();
    output_->close();
}

error_code asio_stream::attach(loop& owner) {
    if (input_->is_attached()) {
        return {}; // a connection that this loop made
    }
    auto& context = static_cast<asio_engine&>(owner.driver()).context();
    if (auto failure = input_->attach(context, owner)) {
        return failure;
    }
    return output_ == input_ ? error_code() : output_->attach(context, owner);
}

bool asio_stream::start_read(read_op& op) {
    if ((likely_readable_ || !op.wait) && receive(op)) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    read_ = &op;
    input_->wait(watched_fd::readable, read_side_);
    return false;
}

bool asio_stream::receive(read_op& op) {
    std::span<std::byte> into = op.into;
    if (into.empty()) {
        try {
            op.lent = input_->owner().blocks().take();
        } catch (const std::bad_alloc&) {
            op.error = make_error_code(boost::system::errc::not_enough_memory);
            return true;
        }
        into = {op.lent->data, op.lent->size};
    }
    const auto count = calls_ == calls::socket ? posix::receive(input_->fd(), into)
                                               : posix::read(input_->fd(), into);
    op.bytes = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    if (count && *count == 0) {
        op.error = errc::end_of_stream;
    }
    if (op.error) {
        op.lent.reset();
    }
    likely_readable_ = calls_ == calls::socket && op.bytes == into.size();
    return !would_block(op.error);
}

void asio_stream::readable() noexcept {
    read_op& op = *std::exchange(read_, nullptr);
    if (receive(op)) {
        op.complete(op);
    } else {
        start_read(op);
    }
}

bool asio_stream::start_write(write_op& op) {
    if (take(op)) {
        return true;
    }
    write_ = &op;
    output_->wait(watched_fd::writable, write_side_);
    return false;
}

bool asio_stream::take(write_op& op) const {
    result<std::size_t> count = std::size_t(0);
    if (calls_ == calls::socket) {
        count = posix::send(output_->fd(), op.buffers);
    } else {
        const auto first = op.buffers.front();
        const std::array chunk{first.first(std::min(first.size(), pipe_atomic))};
        count = posix::write(output_->fd(), chunk);
    }
    op.bytes = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    return !would_block(op.error);
}

void asio_stream::writable() noexcept {
    write_op& op = *std::exchange(write_, nullptr);
    op.bytes = 0;
    op.error = {};
    op.complete(op); // the session sends again, with what has been added meanwhile
}

void asio_stream::cancel_read() noexcept {
    read_ = nullptr;
    input_->forget(watched_fd::readable);
}

void asio_stream::cancel_write() noexcept {
    write_ = nullptr;
    output_->forget(watched_fd::writable);
}

void asio_stream::shutdown_send() noexcept {
    if (calls_ == calls::socket) {
        posix::shutdown_send(output_->fd());
    } else {
        output_->close();
    }
}

void asio_stream::abort() noexcept {
    posix::reset_on_close(output_->fd());
}

address asio_stream::local() const {
    return posix::local_address(input_->fd());
}

address asio_stream::peer() const {
    return posix::peer_address(input_->fd());
}

} // namespace eddy::detail
