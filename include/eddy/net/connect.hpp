// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>
#include <eddy/net/socket_options.hpp>

#include <vector>

namespace eddy {

/// Settings of one connection that is made.
struct connect_options {
    /// For everything together: looking the name up and trying its addresses in turn. Zero or less
    /// has passed already.
    duration timeout = std::chrono::seconds(10);
    /// How long an address of a name has to itself before the next one is tried beside it (RFC
    /// 8305, section 5, which asks for 10 ms to 2 s). Zero or less: all at once.
    duration attempt_delay = std::chrono::milliseconds(250);
    socket_options socket = {}; ///< Options of the socket; those of listeners have no effect.
    session_limits limits = {}; ///< Watermarks of the session.
};

/// Opens a session to `where` (`tcp://`, `unix:`, `mem:`), on the current loop.
///
/// A name is looked up off the loop, and its addresses race (RFC 8305, "happy eyeballs"): in the
/// resolver's order (RFC 6724) with IPv6 and IPv4 in turns, the next one as soon as the one before
/// fails or has had `attempt_delay`. The first that answers is taken, the others are closed.
///
/// @param where  Made from a text, it throws `eddy::error` at once when the text is no endpoint.
///
/// @par Errors
/// - `errc::timed_out`     - nobody answered within `options.timeout`.
/// - `errc::no_such_host`  - the name does not resolve.
/// - `errc::cancelled`     - the task was stopped.
/// - `errc::not_supported` - not an endpoint that streams are made to.
/// - otherwise the system's error of the address that failed last (`std::errc::connection_refused`
/// …).
///
/// @par Cancellation
/// The attempts are dropped and their sockets closed; a look-up under way is left to end by itself.
/// The same goes for a task that is destroyed.
///
/// @par Thread safety
/// On a loop, any number at once.
EDDY_EXPORT task<result<session>> connect(endpoint where, connect_options options = {});

/// Looks a host name up by getaddrinfo(3), off the loop. Literal addresses are given back at once.
///
/// @param host     A name, or an address without brackets.
/// @param port     Put into each address.
/// @param timeout  Zero or less has passed already.
/// @return At least one address, each once, in the order in which to try them (RFC 6724).
///
/// @par Errors
/// - `errc::timed_out`    - no answer within `timeout`.
/// - `errc::no_such_host` - the name does not resolve.
/// - `errc::cancelled`    - the task was stopped.
/// - `std::errc::resource_unavailable_try_again` - the name server did not answer.
/// - otherwise the system's error.
///
/// @par Cancellation
/// The look-up is left to end by itself; nothing waits for it.
///
/// @par Thread safety
/// On a loop, any number at once; eight of them run at the same time.
EDDY_EXPORT task<result<std::vector<address>>>
resolve(std::string host, std::uint16_t port, duration timeout = std::chrono::seconds(10));

} // namespace eddy
