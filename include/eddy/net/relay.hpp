// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>
#include <eddy/core/task.hpp>

#include <cstdint>

namespace eddy {

class session;

/// Whether the system moves the bytes of a relay from socket to socket by itself (splice(2) of
/// Linux). Where it cannot, they are read and written.
enum class splicing : std::uint8_t {
    automatic, ///< While they come faster than small reads keep up with.
    never,
    always, ///< For measurements.
};

/// Settings of `relay`.
struct relay_options {
    /// Once one of the sessions is asked to drain: how long no byte may pass in either direction
    /// until the relay ends; zero or more. What the bytes mean nobody knows here, so silence has to
    /// tell that nothing is under way.
    duration drain_quiet = std::chrono::seconds(1);
    splicing splice = splicing::automatic;
};

/// One of the two sessions of a relay.
enum class relay_side : std::uint8_t { none, first, second };

/// How a relay has ended.
struct relay_report {
    std::uint64_t to_first = 0;  ///< Bytes of the second session that were written to the first.
    std::uint64_t to_second = 0; ///< And the other way round.
    std::uint64_t spliced = 0;   ///< Of both: bytes that the system has moved.
    /// None when both sides have said all that they had to say.
    error_code error = {};
    relay_side failed = relay_side::none; ///< The session with which `error` began.
};

/// Passes on what each of two sessions sends to the other one, until both have ended their side.
///
/// What is in the inboxes goes first, behind what is in the outboxes. The end of one side is passed
/// on as `shutdown_send` while the other direction goes on. A direction does not read while its
/// bytes wait for the other session to take them, so a slow reader slows the sender and no more
/// than 256 KiB wait in each direction. Deadlines, statistics, shares of a turn and the accounts of
/// memory hold for bytes that the system moves as for others.
///
/// Nobody else may read from the sessions, or write to them, meanwhile; they must outlive the task.
/// They are not closed at the end: `session::close` or destruction does that.
///
/// @par Errors
/// In the report; a relay throws nothing of its own.
/// - `errc::reset`, or the system's error - one session broke; both were aborted.
/// - `errc::closed`    - one session was closed on this side. When its idle time, its lifetime or
///   the wait for its first byte had passed (`session::ended_by`) the other one was sent the end of
///   the stream, otherwise both were aborted.
/// - `errc::draining`  - one session was asked to drain, and it was quiet for
///   `relay_options::drain_quiet`; both were sent the end of the stream.
/// - `errc::cancelled` - the task was stopped.
///
/// @par Cancellation
/// Cancel-safe: what was received stays in the inboxes or is in the outboxes, and the sessions stay
/// usable. Bytes that are in the system's pipe are lost when the task is destroyed instead.
///
/// @par Thread safety
/// On the loop of both sessions.
///
/// @par Example
/// @snippet examples/10_relay/main.cpp relay
EDDY_EXPORT task<relay_report>
relay(session& first, session& second, relay_options options = relay_options());

} // namespace eddy
