// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/endpoint.hpp>

#include <string>
#include <vector>

namespace eddy {

/// Looks up where a service is to be had (SRV records, RFC 2782), off the loop.
///
/// @param name         `_service._proto.domain`, as in `_redis._tcp.example.com`; `_tcp` gives
///                     endpoints of `tcp://` and `_udp` those of `udp://`. Anything else throws
///                     `eddy::error` (`std::errc::invalid_argument`).
/// @param timeout      Zero or less has passed already.
/// @param name_server  Asked instead of the system's name servers, unless it is `none`: an IPv4
///                     address with its port (53, or 8600 for Consul's own). Any other kind throws
///                     `eddy::error` (`std::errc::address_family_not_supported`): the resolver
///                     library can be told no IPv6 address, though the system's may have one.
/// @return At least one endpoint, in the order in which to try them: the lowest priority first,
///         and among equals by chance after their weights, anew with each call. For `connect_any`,
///         `pool::set_endpoints` and `connect`.
///
/// @par Errors
/// - `errc::no_such_host`  - the name has no such records, or says by the target "." that the
///   service is not to be had.
/// - `errc::timed_out`     - no answer within the timeout.
/// - `errc::malformed`     - the answer is none, or names no host that could be connected to.
/// - `errc::not_supported` - Eddy was built without the resolver library.
/// - `errc::cancelled`     - the task was stopped.
/// - `std::errc::resource_unavailable_try_again` - the name server did not answer, or failed.
/// - `std::errc::protocol_error` - it refuses.
///
/// @par Cancellation
/// The look-up is left to end by itself; nothing waits for it.
///
/// @par Thread safety
/// On a loop, any number at once; eight of them run at the same time.
///
/// @par Example
/// @snippet test/integration/srv_test.cpp connect-to-service
EDDY_EXPORT task<result<std::vector<endpoint>>> resolve_srv(
    std::string name, duration timeout = std::chrono::seconds(10), address name_server = {}
);

} // namespace eddy
