// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/fd_stream.hpp"

#include <eddy/core/loop.hpp>

#include "engine/posix/readiness_engine.hpp"
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

fd_stream::fd_stream(platform::unique_fd both, watched_fd::kind what) noexcept
    : unwatched_input_(std::move(both)), input_fd_(unwatched_input_.get()), output_fd_(input_fd_),
      kind_(what) {}

fd_stream::fd_stream(platform::unique_fd input, platform::unique_fd output) noexcept
    : unwatched_input_(std::move(input)), unwatched_output_(std::move(output)),
      input_fd_(unwatched_input_.get()), output_fd_(unwatched_output_.get()),
      kind_(watched_fd::kind::plain), likely_readable_(false) {}

fd_stream::fd_stream(watched_fd_ptr socket) noexcept
    : input_(std::move(socket)), output_(input_), input_fd_(input_->fd()), output_fd_(input_fd_),
      kind_(watched_fd::kind::socket) {}

fd_stream::~fd_stream() {
    if (input_) {
        input_->close();
    }
    if (output_) {
        output_->close();
    }
}

error_code fd_stream::attach(loop& owner) {
    if (input_) {
        return {}; // a connection that this loop made
    }
    auto& driver = static_cast<readiness_engine&>(owner.driver());
    auto input = driver.watch(std::move(unwatched_input_), kind_);
    if (!input) {
        return input.error();
    }
    input_ = std::move(*input);
    if (!unwatched_output_) {
        output_ = input_;
        return {};
    }
    auto output = driver.watch(std::move(unwatched_output_), kind_);
    if (!output) {
        return output.error();
    }
    output_ = std::move(*output);
    return {};
}

bool fd_stream::start_read(read_op& op) {
    if ((input_->take_readable() || likely_readable_ || !op.wait) && receive(op)) {
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

bool fd_stream::receive(read_op& op) {
    std::span<std::byte> into = op.into;
    if (into.empty()) {
        try {
            op.lent = input_->owner().blocks().take();
        } catch (const std::bad_alloc&) {
            op.error = make_error_code(std::errc::not_enough_memory);
            likely_readable_ = is_socket();
            return true;
        }
        into = {op.lent->data, op.lent->size};
    }
    const auto count = is_socket() ? posix::receive(input_fd_, into) : posix::read(input_fd_, into);
    op.bytes = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    // A full buffer tells that there is more, and an error nothing about what is behind it.
    likely_readable_ =
        is_socket() && !would_block(op.error) && (op.error || op.bytes == into.size());
    if (count && *count == 0) {
        op.error = errc::end_of_stream;
    }
    if (op.error) {
        op.lent.reset();
    }
    return !would_block(op.error);
}

void fd_stream::readable() noexcept {
    read_op& op = *std::exchange(read_, nullptr);
    if (receive(op)) {
        op.complete(op);
    } else {
        start_read(op);
    }
}

bool fd_stream::start_write(write_op& op) {
    if (take(op)) {
        return true;
    }
    write_ = &op;
    output_->wait(watched_fd::writable, write_side_);
    return false;
}

bool fd_stream::take(write_op& op) const {
    result<std::size_t> count = std::size_t(0);
    if (is_socket()) {
        count = posix::send(output_fd_, op.buffers);
    } else {
        const auto first = op.buffers.front();
        const std::array chunk{first.first(std::min(first.size(), pipe_atomic))};
        count = posix::write(output_fd_, chunk);
    }
    op.bytes = count ? *count : 0;
    op.error = count ? error_code() : count.error();
    return !would_block(op.error);
}

void fd_stream::writable() noexcept {
    write_op& op = *std::exchange(write_, nullptr);
    op.bytes = 0;
    op.error = {};
    op.complete(op); // the session sends again, with what has been added meanwhile
}

void fd_stream::cancel_read() noexcept {
    read_ = nullptr;
    input_->forget(watched_fd::readable);
}

void fd_stream::cancel_write() noexcept {
    write_ = nullptr;
    output_->forget(watched_fd::writable);
}

void fd_stream::shutdown_send() noexcept {
    if (is_socket()) {
        posix::shutdown_send(output_fd_);
    } else {
        output_->close();
    }
}

void fd_stream::abort() noexcept {
    posix::reset_on_close(output_fd_);
}

address fd_stream::local() const {
    return posix::local_address(input_fd_);
}

address fd_stream::peer() const {
    return posix::peer_address(input_fd_);
}

} // namespace eddy::detail
