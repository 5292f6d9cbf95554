// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/fd_stream.hpp"

#include <eddy/core/loop.hpp>

#include "engine/posix/byte_io.hpp"
#include "engine/posix/readiness_engine.hpp"
#include "engine/posix/socket.hpp"
#include "engine/posix/splice.hpp"

#include <array>

namespace eddy::detail {
namespace {

/// pipe(7): a pipe that polls writable takes this much without blocking. Inherited descriptors stay
/// in blocking mode, because the mode belongs to whoever else has them open.
constexpr std::size_t pipe_atomic = 4096;

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

/// A count that is short of the room tells nothing of what is left: the pipe holds so many pieces,
/// however small.
bool fd_stream::receive_into_pipe(read_op& op) {
    likely_readable_ = posix::note(op, posix::splice_from(input_fd_, *op.pipe));
    return likely_readable_;
}

bool fd_stream::receive(read_op& op) {
    input_->owner().counts().receives.add(1);
    if (op.pipe) [[unlikely]] {
        return receive_into_pipe(op);
    }
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
    const auto done = is_socket() ? posix::receive(input_fd_, into) : read_plain(into);
    const bool is_over = posix::note(op, done);
    input_->owner().heard(done.bytes);
    // A full buffer tells that there is more, and an error nothing about what is behind it.
    likely_readable_ = is_socket() && is_over && (done.failure != 0 || done.bytes == into.size());
    if (done.bytes == 0) {
        op.lent.reset();
    }
    return is_over;
}

posix::moved fd_stream::read_plain(std::span<std::byte> into) const noexcept {
    return posix::read(input_fd_, into);
}

[[gnu::flatten]] void fd_stream::readable() noexcept {
    read_op& op = *std::exchange(read_, nullptr);
    if (receive(op)) {
        op.complete(op);
    } else {
        start_read(op);
    }
}

[[gnu::flatten]] bool fd_stream::start_write(write_op& op) {
    if (take(op)) [[likely]] {
        return true;
    }
    write_ = &op;
    output_->wait(watched_fd::writable, write_side_);
    return false;
}

bool fd_stream::take(write_op& op) const {
    output_->owner().counts().sends.add(1);
    if (is_socket() && !op.source) [[likely]] {
        return posix::note(op, posix::send(output_fd_, op.buffers));
    }
    return take_otherwise(op);
}

bool fd_stream::take_otherwise(write_op& op) const {
    if (op.source) {
        return posix::note(op, posix::splice_to(output_fd_, *op.source, op.source_size));
    }
    const auto first = op.buffers.front();
    const std::array chunk{first.first(std::min(first.size(), pipe_atomic))};
    return posix::note(op, posix::write(output_fd_, chunk));
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

bool fd_stream::can_splice() const noexcept {
    return is_socket() && posix::can_splice(input_fd_);
}

address fd_stream::local() const {
    return posix::local_address(input_fd_);
}

address fd_stream::peer() const {
    return posix::peer_address(input_fd_);
}

} // namespace eddy::detail
