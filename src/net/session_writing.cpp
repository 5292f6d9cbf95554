// SPDX-License-Identifier: BSL-1.0
// How a session writes: into its outbox, and from there to the transport when the coroutine waits.
#include "net/session_state.hpp"

#include <algorithm>
#include <span>

namespace eddy::detail {
namespace {

/// A part of this size or more is sent from where it is: the copy would cost more than the wait can
/// save.
constexpr std::size_t borrow_min = 4 * 1024;

bool is_borrowed(const out_segment& part) noexcept {
    return part.source || part.size >= borrow_min;
}

bool has_borrowed(std::span<const out_segment> parts) noexcept {
    return std::any_of(parts.begin(), parts.end(), is_borrowed);
}

} // namespace

bool session_state::accept(write_awaiter& writer) {
    if (is_sealed_ || !transport_ || write_failure_) [[unlikely]] {
        writer.failure_ = refuse_write();
        return true;
    }
    const auto parts = writer.parts();
    std::size_t whole = 0;
    bool is_in_memory = true;
    for (const out_segment& part : parts) {
        whole += part.size;
        is_in_memory = is_in_memory && !part.source;
    }
    // A part cannot be long where all of them together are not.
    if ((whole >= borrow_min || !is_in_memory) && has_borrowed(parts)) [[unlikely]] {
        return lend(writer);
    }
    outbox_.copy(parts, whole);
    if (is_above_high()) [[unlikely]] {
        return flush_to_high();
    }
    owner_->flush_later(*this);
    return true;
}

/// Sends the parts from where they are. True when the transport has taken all of them.
bool session_state::lend(write_awaiter& writer) {
    outbox_.borrow(writer);
    flush();
    return writer.unsent_ == 0;
}

bool session_state::flush_to_high() {
    flush();
    return !is_above_high();
}

void session_state::wait_for_room(write_awaiter& writer) noexcept {
    writers_.push_back(writer);
}

void session_state::leave(write_awaiter& writer) noexcept {
    if (writer.unsent_ != 0) {
        if (write_pending_) {
            cancel_write(); // it may hold the bytes that are about to go away
            owner_->flush_later(*this);
        }
    }
    if (writer.unsent_ != 0) {
        try {
            outbox_.release(writer);
        } catch (const std::bad_alloc&) {
            // Half a message is out and the rest cannot be kept: nothing that follows would make
            // sense.
            break_off(make_error_code(std::errc::not_enough_memory));
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
    if (outbox_.size() + message.size() > limits_->high) {
        return errc::would_block;
    }
    outbox_.copy(message.bytes());
    owner_->flush_later(*this);
    return {};
}

result<void> session_state::post(byte_view message) {
    if (const auto refused = refuse_write()) {
        return refused;
    }
    if (message.size() > limits_->hard) {
        return errc::too_long;
    }
    const bool fits = outbox_.size() + message.size() <= limits_->hard ||
                      outbox_.copied() + message.size() <= limits_->hard;
    if (!fits) {
        end(close_reason::slow_reader);
        return errc::closed;
    }
    outbox_.copy(message.bytes());
    if (is_above_high()) {
        flush(); // so that it is the peer that is judged, not how much is posted in one turn
        return write_failure_;
    }
    owner_->flush_later(*this);
    return {};
}

[[gnu::flatten]] void session_state::flush() noexcept {
    unlink();
    if (reader_ && !read_pending_ && pauses_ == 0) [[unlikely]] {
        go_on_reading();
    }
    if (transport_ && !write_pending_) {
        send();
    }
    if (is_sealed_ && !fin_sent_ && outbox_.empty() && transport_) [[unlikely]] {
        transport_->shutdown_send();
        fin_sent_ = true;
    }
    if (!outbox_.done().empty() || !writers_.empty() || !flushers_.empty()) {
        wake_writers();
    }
}

void session_state::send() noexcept {
    while (!outbox_.empty() && !write_failure_) {
        const std::size_t most = rest_of_share();
        if (most == 0) [[unlikely]] {
            owner_->flush_next_round(*this);
            return;
        }
        if (!start_write(most)) [[unlikely]] {
            write_pending_ = true;
            if (!write_.is_on_its_way) {
                note_stall();
            }
            return;
        }
        if (write_.error) [[unlikely]] {
            break_off(write_.error);
            return;
        }
        if (write_.source && write_.source->failure) [[unlikely]] {
            outbox_.drop_source();
            continue;
        }
        took(write_.bytes);
    }
}

/// The transport takes nothing more for now.
void session_state::note_stall() noexcept {
    if (has_deadlines_ && !times_.is_stalled) {
        times_.is_stalled = true;
        times_.stalled_since = owner_->now();
        arm_deadlines();
    }
}

/// Starts to send what is first in the outbox. True when that is done.
bool session_state::start_write(std::size_t most) noexcept {
    write_.bytes = 0;
    write_.is_on_its_way = false;
    const auto only = outbox_.only_part(most);
    if (only.empty()) {
        return start_gathered_write(most);
    }
    write_.source = nullptr;
    write_.buffers = {&only, 1};
    return transport_->start_write(write_);
}

bool session_state::start_gathered_write(std::size_t most) noexcept {
    outbox::gather_list list;
    write_.buffers = outbox_.gather(list, most);
    write_.source = outbox_.source();
    write_.source_size = std::min(most, outbox_.source_size());
    return transport_->start_write(write_);
}

/// Bytes were lost on their way out: the peer must not take what it got for all that there was to
/// say, so no end of stream follows, but a reset.
void session_state::break_off(error_code why) noexcept {
    transport_->abort();
    fin_sent_ = true;
    die(why);
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

/// Takes the write back from the transport; what it had sent already counts.
void session_state::cancel_write() noexcept {
    transport_->cancel_write();
    write_pending_ = false;
    write_.error = {}; // the next write meets it again, if it lasts
    if (write_.bytes != 0) {
        took(write_.bytes);
    }
}

void session_state::on_write() noexcept {
    write_pending_ = false;
    if (write_.error) {
        break_off(write_.error);
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
    while (!writers_.empty() && (outbox_.size() <= limits_->low || write_failure_)) {
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
