// SPDX-License-Identifier: BSL-1.0
// How a session writes: into its outbox, and from there to the transport when the coroutine waits.
#include "net/session_state.hpp"

#include <span>

namespace eddy::detail {
namespace {

/// A part of this size or more is sent from where it is: the copy would cost more than the wait can
/// save.
constexpr std::size_t borrow_min = 4 * 1024;

} // namespace

bool session_state::accept(write_awaiter& writer) {
    if (const auto refused = refuse_write()) {
        writer.failure_ = refused;
        return true;
    }
    bool borrows = false;
    for (const auto part : writer.parts_) {
        borrows = borrows || part.size() >= borrow_min;
    }
    if (borrows) {
        outbox_.borrow(writer);
        flush();
        return writer.unsent_ == 0;
    }
    outbox_.copy(writer.parts_);
    if (is_above_high()) {
        flush();
        return !is_above_high();
    }
    owner_->flush_later(*this);
    return true;
}

void session_state::wait_for_room(write_awaiter& writer) noexcept {
    writers_.push_back(writer);
}

void session_state::leave(write_awaiter& writer) noexcept {
    if (writer.unsent_ != 0) {
        if (write_pending_) {
            transport_->cancel_write(); // it may hold the bytes that are about to go away
            write_pending_ = false;
            owner_->flush_later(*this);
        }
        try {
            outbox_.release(writer);
        } catch (const std::bad_alloc&) {
            // Half a message is out and the rest cannot be kept: nothing that follows would make
            // sense.
            die(make_error_code(std::errc::not_enough_memory));
        }
    }
    writer.unlink();
}

/// Why nothing can be written any more; no error when it can.
error_code session_state::refuse_write() noexcept {
    if (!is_sealed_ && transport_) {
        return write_failure_;
    }
    stats_.writes_after_close += ended_by_ == close_reason::none;
    return errc::closed;
}

result<void> session_state::try_write(byte_view message) {
    if (const auto refused = refuse_write()) {
        return refused;
    }
    if (outbox_.size() + message.size() > limits_.high) {
        return errc::would_block;
    }
    const auto bytes = message.bytes();
    outbox_.copy({&bytes, 1});
    owner_->flush_later(*this);
    return {};
}

result<void> session_state::post(byte_view message) {
    if (const auto refused = refuse_write()) {
        return refused;
    }
    if (message.size() > limits_.hard) {
        return errc::too_long;
    }
    const bool fits = outbox_.size() + message.size() <= limits_.hard ||
                      outbox_.copied() + message.size() <= limits_.hard;
    if (!fits) {
        end(close_reason::slow_reader);
        return errc::closed;
    }
    const auto bytes = message.bytes();
    outbox_.copy({&bytes, 1});
    if (is_above_high()) {
        flush(); // so that it is the peer that is judged, not how much is posted in one turn
        return write_failure_;
    }
    owner_->flush_later(*this);
    return {};
}

void session_state::flush() noexcept {
    unlink();
    go_on_reading();
    if (transport_ && !write_pending_) {
        send();
    }
    if (is_sealed_ && !fin_sent_ && outbox_.empty() && transport_) {
        transport_->shutdown_send();
        fin_sent_ = true;
    }
    wake_writers();
}

void session_state::send() noexcept {
    while (!outbox_.empty() && !write_failure_) {
        const std::size_t most = rest_of_share();
        if (most == 0) {
            owner_->flush_next_round(*this);
            return;
        }
        outbox::gather_list list;
        write_.buffers = outbox_.gather(list, most);
        write_.error = {};
        write_.bytes = 0;
        if (!transport_->start_write(write_)) {
            write_pending_ = true;
            if (has_deadlines_ && !times_.is_stalled) {
                times_.is_stalled = true;
                times_.stalled_since = owner_->now();
                arm_deadlines();
            }
            return;
        }
        if (write_.error) {
            die(write_.error);
            return;
        }
        took(write_.bytes);
    }
}

void session_state::took(std::size_t bytes) noexcept {
    moved_ += static_cast<std::uint32_t>(bytes);
    ++stats_.sends;
    stats_.bytes_sent += bytes;
    outbox_.sent(bytes);
    if (has_deadlines_) {
        times_.active = owner_->now();
        times_.has_spoken = true;
        times_.is_stalled = false;
    }
}

void session_state::on_write() noexcept {
    write_pending_ = false;
    if (write_.error) {
        die(write_.error);
    } else if (write_.bytes != 0) {
        took(write_.bytes);
    }
    flush();
}

void session_state::wake_writers() noexcept {
    while (auto* node = outbox_.done().pop_front()) {
        auto& writer = static_cast<write_awaiter&>(*node);
        writer.failure_ = write_failure_;
        if (writer.is_suspended_) {
            writer.wake();
        }
    }
    while (!writers_.empty() && (outbox_.size() <= limits_.low || write_failure_)) {
        auto& writer = static_cast<write_awaiter&>(*writers_.pop_front());
        writer.failure_ = write_failure_;
        writer.wake();
    }
    while (!flushers_.empty() && (outbox_.empty() || write_failure_)) {
        auto& waiting = static_cast<flush_awaiter&>(*flushers_.pop_front());
        waiting.failure_ = write_failure_;
        waiting.wake();
    }
}

void session_state::shutdown_send() {
    is_sealed_ = true;
    flush();
}

} // namespace eddy::detail
