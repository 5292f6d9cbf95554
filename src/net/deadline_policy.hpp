// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/session_deadlines.hpp>

namespace eddy::detail {

/// What a session's deadlines are judged by. Time in which nobody waits to read does not count: the
/// times of what is expected of the peer move on by it.
struct session_times {
    time_point opened{};
    time_point active{};        ///< The last byte in either direction.
    time_point frame_began{};   ///< The first byte of the message that is not whole yet.
    time_point stalled_since{}; ///< Since then the transport takes nothing.
    time_point wait_ended{};    ///< When a read waited last.
    time_point asked_to_end{};
    time_point opening_began{};
    std::uint64_t frame_bytes = 0;
    /// What has to be done with before the protocol begins: `proxy_header`, `handshake` or nothing.
    close_reason opening = close_reason::none;
    bool is_waiting = false; ///< A read waits.
    bool is_in_frame = false;
    bool is_held = false; ///< It waits, but nothing is received: its rate is not its peer's.
    bool is_stalled = false;
    bool has_heard = false;
    bool has_spoken = false;
    bool is_asked_to_end = false;

    explicit session_times(time_point now) noexcept : opened(now), active(now), wait_ended(now) {}

    void begin_wait(time_point now) noexcept;
    void end_wait(time_point now) noexcept;
    void begin_frame(time_point now) noexcept;
    void begin_opening(close_reason what, time_point now) noexcept;
    /// The process stood still, nobody knows since when: what is expected of the peer begins anew,
    /// and the session's age does not grow by what was `lost`.
    void begin_anew(time_point now, duration lost) noexcept;
};

/// The deadline that passes first, and what it means.
struct next_deadline {
    time_point at = time_point::max();
    close_reason why = close_reason::none;
};

/// `jitter` of `lifetime`, from -1 to 1, in tenths of it.
[[nodiscard]] next_deadline
earliest(const session_deadlines& limits, const session_times& times, double jitter) noexcept;

} // namespace eddy::detail
