// SPDX-License-Identifier: BSL-1.0
#include "net/deadline_policy.hpp"

#include <eddy/core/deadline.hpp>

#include <algorithm>
#include <chrono>

namespace eddy {

using namespace std::chrono_literals;

session_deadlines session_deadlines::of_server() noexcept {
    return {
        .proxy_header = 5s,
        .handshake = 10s,
        .first_byte = 10s,
        .idle = 60s,
        .frame = 30s,
        .min_rate = 64,
        .write_stall = 30s,
        .lifetime = duration::zero()
    };
}

std::string_view to_string(close_reason why) noexcept {
    switch (why) {
    case close_reason::none:
        return "none";
    case close_reason::proxy_header:
        return "proxy_header";
    case close_reason::handshake:
        return "handshake";
    case close_reason::first_byte:
        return "first_byte";
    case close_reason::idle:
        return "idle";
    case close_reason::frame:
        return "frame";
    case close_reason::slow_sender:
        return "slow_sender";
    case close_reason::slow_reader:
        return "slow_reader";
    case close_reason::lifetime:
        return "lifetime";
    case close_reason::memory:
        return "memory";
    }
    return "unknown";
}

namespace detail {
namespace {

/// A message is not judged by its rate before: a short pause in a short message says nothing.
constexpr duration rate_grace = 5s;

/// For a session that was asked to end because of its age.
constexpr duration grace_to_end = 30s;

void consider(next_deadline& found, time_point from, duration limit, close_reason why) noexcept {
    if (limit == duration::zero()) {
        return;
    }
    const time_point at = deadline::after(from, limit).at();
    if (at < found.at) {
        found = {at, why};
    }
}

/// How long the bytes that have come pay for.
duration paid_for(std::uint64_t bytes, std::size_t rate) noexcept {
    const double paid = static_cast<double>(bytes) / static_cast<double>(rate);
    constexpr double most = 86'400.0; // a day: it is looked at again anyway
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(paid, most))
    );
}

} // namespace

void session_times::begin_wait(time_point now) noexcept {
    is_waiting = true;
    const duration unheeded = now - wait_ended;
    active = active < wait_ended ? active + unheeded : now;
    frame_began += unheeded;
}

void session_times::end_wait(time_point now) noexcept {
    is_waiting = false;
    wait_ended = now;
}

void session_times::begin_frame(time_point now) noexcept {
    if (!is_in_frame) {
        is_in_frame = true;
        frame_began = now;
    }
}

void session_times::begin_opening(close_reason what, time_point now) noexcept {
    opening = what;
    opening_began = now;
}

void session_times::begin_anew(time_point now, duration lost) noexcept {
    opened += lost;
    asked_to_end += lost;
    active = frame_began = stalled_since = opening_began = now;
    if (!is_waiting) {
        wait_ended = now;
    }
}

next_deadline
earliest(const session_deadlines& limits, const session_times& times, double jitter) noexcept {
    next_deadline found;
    if (times.is_asked_to_end) {
        consider(found, times.asked_to_end, grace_to_end, close_reason::lifetime);
    } else if (limits.lifetime != duration::zero()) {
        const auto shift = std::chrono::duration_cast<duration>(limits.lifetime / 10 * jitter);
        consider(found, times.opened, limits.lifetime + shift, close_reason::lifetime);
    }
    if (times.opening == close_reason::proxy_header) {
        consider(found, times.opening_began, limits.proxy_header, times.opening);
    } else if (times.opening == close_reason::handshake) {
        consider(found, times.opening_began, limits.handshake, times.opening);
    }
    if (times.is_stalled) {
        consider(found, times.stalled_since, limits.write_stall, close_reason::slow_reader);
        return found; // while the peer does not take bytes, none are expected of it
    }
    if (!times.is_waiting) {
        return found;
    }
    if (times.is_in_frame) {
        consider(found, times.frame_began, limits.frame, close_reason::frame);
        if (limits.min_rate != 0 && !times.is_held) {
            const duration paid = paid_for(times.frame_bytes, limits.min_rate);
            consider(
                found, times.frame_began, std::max(paid, rate_grace), close_reason::slow_sender
            );
        }
        return found;
    }
    if (!times.has_heard && !times.has_spoken) {
        consider(found, times.active, limits.first_byte, close_reason::first_byte);
    }
    consider(found, times.active, limits.idle, close_reason::idle);
    return found;
}

} // namespace detail
} // namespace eddy
