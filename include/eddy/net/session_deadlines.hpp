// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eddy {

/// How long a session may do nothing of use before it is closed. Zero switches a deadline off.
///
/// They follow bytes on the network alone, not what handlers do. Those of reading run only while
/// the handler waits to read: one that waits for its peer to take bytes, or for a timer, makes the
/// peer no slower. Bytes that have come by the time a deadline passes are read, not refused. When
/// the whole process stood still (SIGSTOP, a suspended machine), all of them begin anew.
///
/// The session then ends as its `close_reason` says: what waits and what comes after fails with
/// `errc::closed`.
struct session_deadlines {
    /// From the beginning to the last byte of the header that `listen_options::proxy` requires.
    duration proxy_header = duration::zero();
    /// From `session::begin_handshake` to the end of what that gives, whatever takes the time.
    duration handshake = duration::zero();
    /// From the beginning to the first byte of the peer. Does not run once this side has spoken.
    duration first_byte = duration::zero();
    /// Between messages: the time without a byte in either direction.
    duration idle = duration::zero();
    /// From the first byte of a message to its last, for reads that wait for a whole one
    /// (`read_line`, `read_exactly` …).
    duration frame = duration::zero();
    /// Least bytes a second while such a read waits, from 5 s after its first byte on.
    std::size_t min_rate = 0;
    /// The time in which the peer takes not one byte of what waits for it.
    duration write_stall = duration::zero();
    /// After this the session is asked to end, as in a drain, and closed 30 s later. Each session
    /// takes up to a tenth more or less, so that those that came together do not go together.
    duration lifetime = duration::zero();

    /// What servers use unless told otherwise: 5 s for the header of a proxy, 10 s for a handshake
    /// and to the first byte, 60 s idle, 30 s for a message, 64 bytes a second, 30 s write stall,
    /// no lifetime.
    [[nodiscard]] EDDY_EXPORT static session_deadlines of_server() noexcept;
};

/// Why Eddy ended a session that its handler would have gone on with.
enum class close_reason : std::uint8_t {
    none,
    proxy_header, ///< `session_deadlines::proxy_header`
    handshake,    ///< `session_deadlines::handshake`
    first_byte,   ///< `session_deadlines::first_byte`
    idle,         ///< `session_deadlines::idle`
    frame,        ///< `session_deadlines::frame`
    slow_sender,  ///< `session_deadlines::min_rate`
    /// `session_deadlines::write_stall`, or a `session::post` beyond `session_limits::hard`; ends
    /// with a reset.
    slow_reader,
    lifetime, ///< `session_deadlines::lifetime`
    memory,   ///< `server_config::memory_hard`; ends with a reset.
};

inline constexpr std::size_t close_reasons = 10; ///< Enumerators of `close_reason`.

/// The name of the enumerator, for logs.
[[nodiscard]] EDDY_EXPORT std::string_view to_string(close_reason why) noexcept;

} // namespace eddy
