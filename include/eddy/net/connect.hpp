// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>
#include <eddy/net/socket_options.hpp>

namespace eddy {

struct connect_options {
    /// For everything together: looking the name up and trying its addresses in turn.
    duration timeout = std::chrono::seconds(10);
    socket_options socket = {};
    session_limits limits = {};
};

/// Opens a session to `where` (`tcp://`, `unix:`, `mem:`), on the current loop.
///
/// A name is looked up off the loop and its addresses are tried in the resolver's order (RFC 6724)
/// until one answers.
///
/// @par Errors
/// - `errc::timed_out` - nobody answered within `options.timeout`.
/// - `errc::no_such_host` - the name does not resolve.
/// - `errc::cancelled` - the task was stopped.
/// - `errc::not_supported` - not an endpoint that streams are made to.
/// - otherwise the system's error of the last address (`std::errc::connection_refused` …).
///
/// @par Cancellation
/// The attempt is dropped and its socket closed; a look-up under way is left to end by itself.
///
/// @par Thread safety
/// On a loop, any number at once.
EDDY_EXPORT task<result<session>> connect(endpoint where, connect_options options = {});

/// Looks a host name up, off the loop. Literal addresses are given back at once.
///
/// @par Errors
/// As for `connect`.
EDDY_EXPORT task<result<std::vector<address>>>
resolve(std::string host, std::uint16_t port, duration timeout = std::chrono::seconds(10));

} // namespace eddy
