// SPDX-License-Identifier: BSL-1.0
#include "net/memory_pipe.hpp"

#include <eddy/core/loop.hpp>

#include <memory>
#include <mutex>

namespace eddy::detail {
namespace {

/// A writer that waits goes on when this much room is free: not for every few bytes that are read.
constexpr std::size_t enough_room = memory_pipe::capacity / 2;

class memory_stream final : public stream {
public:
    memory_stream(std::shared_ptr<memory_pipe> pipe, memory_pipe::end self) noexcept
        : pipe_(std::move(pipe)), self_(self) {}

    ~memory_stream() override { pipe_->close(self_); }

    error_code attach(loop& owner) override {
        pipe_->attach(self_, owner);
        return {};
    }

    bool start_read(read_op& op) override { return pipe_->start_read(self_, op); }

    bool start_write(write_op& op) override { return pipe_->start_write(self_, op); }

    void cancel_read() noexcept override { pipe_->cancel_read(self_); }

    void cancel_write() noexcept override { pipe_->cancel_write(self_); }

    void shutdown_send() noexcept override { pipe_->shutdown_send(self_); }

    void abort() noexcept override { pipe_->abort(self_); }

    // A pipe has no addresses: whoever is at its other end is in this process.
    [[nodiscard]] address local() const override { return {}; }

    [[nodiscard]] address peer() const override { return {}; }

private:
    std::shared_ptr<memory_pipe> pipe_;
    memory_pipe::end self_;
};

} // namespace

std::pair<std::unique_ptr<stream>, std::unique_ptr<stream>> memory_pipe::make() {
    auto pipe = std::make_shared<memory_pipe>();
    return {
        std::make_unique<memory_stream>(pipe, end::a), std::make_unique<memory_stream>(pipe, end::b)
    };
}

void memory_pipe::attach(end self, loop& owner) {
    const std::lock_guard guard(mutex_);
    at(self).home = &owner;
}

// Reading.

bool memory_pipe::start_read(end self, read_op& op) {
    const std::lock_guard guard(mutex_);
    if (try_read(self, op)) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    at(self).reader = &op;
    return false;
}

bool memory_pipe::try_read(end self, read_op& op) {
    side& reading = at(self);
    op.bytes = 0;
    op.error = {};
    if (is_reset_) {
        op.error = errc::reset;
        return true;
    }
    if (reading.incoming.empty()) {
        op.error = at(other(self)).is_sealed ? make_error_code(errc::end_of_stream) : error_code();
        return at(other(self)).is_sealed;
    }
    std::span<std::byte> into = op.into;
    if (into.empty()) {
        op.lent = reading.home->blocks().take();
        into = {op.lent->data, op.lent->size};
    }
    op.bytes = reading.incoming.pop(into);
    if (reading.incoming.room() >= enough_room) {
        wake_writer(other(self));
    }
    return true;
}

void memory_pipe::cancel_read(end self) noexcept {
    const std::lock_guard guard(mutex_);
    at(self).reader = nullptr;
}

// Writing.

bool memory_pipe::is_broken_for(end sender) noexcept {
    return is_reset_ || at(sender).is_sealed || at(other(sender)).is_closed;
}

bool memory_pipe::start_write(end self, write_op& op) {
    const std::lock_guard guard(mutex_);
    op.bytes = 0;
    op.error = {};
    if (is_broken_for(self)) {
        op.error = errc::reset;
        return true;
    }
    byte_ring& outgoing = at(other(self)).incoming;
    if (outgoing.room() == 0) {
        at(self).writer = &op;
        return false;
    }
    for (const auto part : op.buffers) {
        op.bytes += outgoing.push(part);
    }
    wake_reader(other(self));
    return true;
}

void memory_pipe::cancel_write(end self) noexcept {
    const std::lock_guard guard(mutex_);
    at(self).writer = nullptr;
}

// The end.

void memory_pipe::shutdown_send(end self) noexcept {
    const std::lock_guard guard(mutex_);
    at(self).is_sealed = true;
    wake_reader(other(self));
}

void memory_pipe::abort(end self) noexcept {
    const std::lock_guard guard(mutex_);
    at(self).is_aborted = true;
}

void memory_pipe::close(end self) noexcept {
    const std::lock_guard guard(mutex_);
    side& closing = at(self);
    closing.reader = nullptr;
    closing.writer = nullptr;
    closing.home = nullptr;
    closing.is_sealed = closing.is_closed = true;
    if (closing.is_aborted || !closing.incoming.empty()) {
        is_reset_ = true;
        at(other(self)).incoming.clear();
    }
    closing.incoming.clear();
    wake_reader(other(self));
    wake_writer(other(self));
}

// Completion, by way of the loop's queue: never inside `start_*`, and on no other thread than the
// loop's. Posting under the mutex is what makes it safe: a side with a waiting operation is not
// closed, so its loop is alive.

void memory_pipe::wake_reader(end which) {
    side& waiting = at(which);
    if (waiting.reader && !waiting.has_read_wake) {
        waiting.has_read_wake = true;
        waiting.home->post([self = shared_from_this(), which] { self->finish_read(which); });
    }
}

void memory_pipe::finish_read(end which) {
    std::unique_lock guard(mutex_);
    side& waiting = at(which);
    waiting.has_read_wake = false;
    if (waiting.reader && try_read(which, *waiting.reader)) {
        read_op& op = *std::exchange(waiting.reader, nullptr);
        guard.unlock();
        op.complete(op);
    }
}

void memory_pipe::wake_writer(end which) {
    side& waiting = at(which);
    if (waiting.writer && !waiting.has_write_wake) {
        waiting.has_write_wake = true;
        waiting.home->post([self = shared_from_this(), which] { self->finish_write(which); });
    }
}

void memory_pipe::finish_write(end which) {
    std::unique_lock guard(mutex_);
    side& waiting = at(which);
    waiting.has_write_wake = false;
    const bool is_over = is_broken_for(which);
    if (waiting.writer && (is_over || at(other(which)).incoming.room() != 0)) {
        write_op& op = *std::exchange(waiting.writer, nullptr);
        op.bytes = 0;
        op.error = is_over ? make_error_code(errc::reset) : error_code();
        guard.unlock();
        op.complete(op); // without bytes: a hint to start again
    }
}

} // namespace eddy::detail
