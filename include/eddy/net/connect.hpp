// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/connect_options.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>

#include <span>
#include <string>
#include <vector>

namespace eddy {

/// Opens a session to `where` (`tcp://`, `unix:`, `mem:`), on the current loop.
///
/// A name is looked up off the loop, and its addresses race (RFC 8305, "happy eyeballs"): in the
/// resolver's order (RFC 6724) with IPv6 and IPv4 in turns, the next one as soon as the one before
/// fails or has had `attempt_delay`. The first that answers is taken, the others are closed.
///
/// @param where  Made from a text, it throws `eddy::error` at once when the text is no endpoint.
///
/// @par Errors
/// - `errc::timed_out`     - nobody answered within `options.timeout`, at the last attempt.
/// - `errc::no_such_host`  - the name does not resolve.
/// - `errc::cancelled`     - the task was stopped.
/// - `errc::not_supported` - not an endpoint that streams are made to.
/// - otherwise the system's error of the address that failed last (`std::errc::connection_refused`
/// …).
///
/// With `options.retry` it is the error of the last attempt. Throws `std::invalid_argument` when
/// the pauses of that are out of their range.
///
/// @par Cancellation
/// The attempts are dropped and their sockets closed; a look-up under way is left to end by itself.
/// The same goes for a task that is destroyed.
///
/// @par Thread safety
/// On a loop, any number at once.
EDDY_EXPORT task<result<session>> connect(endpoint where, connect_options options = {});

/// An endpoint that no session could be made to.
struct connect_failure {
    endpoint at;
    error_code why;        ///< Of the last attempt.
    unsigned attempts = 0; ///< So far.
};

/// For people: `tcp://a:1: Connection refused (3 attempts), tcp://b:1: timed out`.
[[nodiscard]] EDDY_EXPORT std::string to_string(std::span<const connect_failure> failures);

/// A session, or the error of the attempt that failed last, and what failed before.
class connect_outcome final : public result<session> {
public:
    connect_outcome(result<session> made, std::vector<connect_failure> failures)
        : result(std::move(made)), failures_(std::move(failures)) {}

    /// Each endpoint that was tried in vain, in the order in which they were given.
    [[nodiscard]] const std::vector<connect_failure>& failures() const noexcept {
        return failures_;
    }
    /// The failures for people.
    [[nodiscard]] std::string describe() const { return to_string(failures_); }

private:
    std::vector<connect_failure> failures_;
};

/// Opens a session to one of several endpoints: each in turn has an attempt of its own as
/// `connect` makes it, the first that succeeds is taken. With `options.retry`, all of them are
/// tried again after a pause.
///
/// @param where  At least one; none throws `std::invalid_argument`.
///
/// @par Errors
/// As `connect`; `connect_outcome` tells the error of each endpoint.
///
/// @par Cancellation
/// As `connect`. A pause ends at once, with `errc::cancelled`.
///
/// @par Thread safety
/// On a loop, any number at once.
///
/// @par Example
/// @snippet test/integration/clients_test.cpp connect-any
EDDY_EXPORT task<connect_outcome>
connect_any(std::vector<endpoint> where, connect_options options = {});

/// Looks a host name up by getaddrinfo(3), off the loop. Literal addresses are given back at once.
///
/// @param host     A name, or an address without brackets. `*.localhost` is this machine.
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
