// SPDX-License-Identifier: BSL-1.0
// How a session keeps its deadlines. What they mean is in deadline_policy.
#include "net/session_state.hpp"

#include <memory>
#include <utility>

namespace eddy::detail {
namespace {

/// A timer that is later than this was not held up by other sessions: the process stood still.
constexpr duration standstill = std::chrono::seconds(1);

} // namespace

// The timer is left armed when a read is done in time, and looks here when it fires: one entry that
// hardly ever moves instead of one for each read.
void session_state::on_limit() noexcept {
    const time_point now = owner_->now();
    if (const duration late = now - timer_.at(); late > standstill) {
        times_.begin_anew(now, late);
    }
    if (reader_ && read_limit_.at() <= now) {
        reader_->failure_ = errc::timed_out;
        finish_reader();
    }
    if (!read_limit_.is_never()) {
        owner_->arm(timer_, read_limit_.at());
    }
    if (has_deadlines_) {
        check_deadlines(now);
    }
}

/// True when the timer comes no later than the one deadline that a wait between messages brings.
bool session_state::idle_is_armed() const noexcept {
    const bool has_begun = times_.has_heard || times_.has_spoken;
    return has_begun && timer_.is_armed() && timer_.at() - times_.active <= limits_->deadlines.idle;
}

/// Only ever moves the timer forward: one that fires early arms the next.
void session_state::arm_deadlines() noexcept {
    const auto next = earliest(limits_->deadlines, times_, jitter());
    if (next.why != close_reason::none && (!timer_.is_armed() || next.at < timer_.at())) {
        owner_->arm(timer_, next.at);
    }
}

void session_state::check_deadlines(time_point now) noexcept {
    if (!transport_ || ended_by_ != close_reason::none) {
        return;
    }
    times_.frame_bytes = inbox_.size();
    const auto next = earliest(limits_->deadlines, times_, jitter());
    const bool is_due = next.at <= now;
    if (is_due && next.why == close_reason::lifetime && !times_.is_asked_to_end) {
        times_.is_asked_to_end = true;
        times_.asked_to_end = now;
        request_drain();
    } else if (is_due && !serve_last_bytes(next.why)) {
        end(next.why);
        return;
    }
    arm_deadlines();
}

/// Bytes that have come together with the end of a deadline are read.
bool session_state::serve_last_bytes(close_reason why) noexcept {
    const bool is_of_reading = why != close_reason::slow_reader && why != close_reason::lifetime;
    if (!is_of_reading || !read_pending_) {
        return false;
    }
    transport_->cancel_read();
    read_pending_ = false;
    const std::uint64_t before = stats_.bytes_received;
    if (!receive(reader_, false) || read_.error == errc::would_block) {
        return false;
    }
    take_received();
    const bool wanted_any = why == close_reason::first_byte || why == close_reason::idle;
    return serve_reader() || (wanted_any && stats_.bytes_received != before);
}

void session_state::begin_opening(close_reason what) noexcept {
    times_.begin_opening(what, owner_->now());
    arm_deadlines();
}

void session_state::set_proxied(proxy_header told) {
    proxied_ = std::make_unique<const proxy_header>(std::move(told));
    end_opening();
    inbox_.reclaim(); // the header
    times_.has_heard = !inbox_.empty();
    times_.active = owner_->now();
}

void session_state::end(close_reason why) noexcept {
    ended_by_ = why;
    if (why == close_reason::slow_reader || why == close_reason::memory) {
        transport_->abort(); // what it did not take in time would keep the close waiting
        fin_sent_ = true;    // and the reset must not come behind an orderly end
    }
    if (read_pending_) {
        transport_->cancel_read();
        read_pending_ = false;
    }
    die(make_error_code(errc::closed));
    shutdown_send(); // the peer is told now, whenever the handler looks
}

/// The same for a session in every run of a simulation.
double session_state::jitter() const noexcept {
    constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15;
    const auto mixed = static_cast<std::int32_t>((id_ * golden) >> 32);
    return static_cast<double>(mixed) / 2'147'483'648.0;
}

} // namespace eddy::detail
