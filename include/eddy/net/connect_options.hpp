// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/backoff.hpp>
#include <eddy/net/session.hpp>
#include <eddy/net/socket_options.hpp>

namespace eddy {

/// Whether what failed with `why` may succeed when it is tried again as it is: true but for
/// `errc::cancelled`, `errc::no_such_host` (the name does not exist; a name server that is silent
/// gives another error), `errc::not_supported`, and what the system does not know, allow or
/// understand (`std::errc::permission_denied`, `std::errc::invalid_argument` …).
[[nodiscard]] EDDY_EXPORT bool is_worth_retrying(error_code why) noexcept;

/// Whether and how often a connection that could not be made is tried again.
struct retry_options {
    /// How often each endpoint is tried; 0: until one answers, `total` passes or the task is
    /// stopped.
    unsigned attempts = 1;
    /// For all attempts and the pauses between them. A pause that would not end before it is not
    /// made. Zero or less: no limit.
    duration total = duration::zero();
    backoff_options pause = {}; ///< Before all of the endpoints are tried once more.
    /// Which errors are worth another attempt; an endpoint that fails with another one is not tried
    /// again.
    bool (*is_worth)(error_code why) noexcept = is_worth_retrying;
};

/// Which of several endpoints is tried first.
enum class endpoint_order : std::uint8_t {
    given,    ///< As they are given: the first one is preferred.
    shuffled, ///< By chance, in each round anew: the clients share the servers.
};

/// Settings of one connection that is made.
struct connect_options {
    /// For one attempt at one endpoint: looking the name up and trying its addresses in turn. Zero
    /// or less has passed already.
    duration timeout = std::chrono::seconds(10);
    /// How long an address of a name has to itself before the next one is tried beside it (RFC
    /// 8305, section 5, which asks for 10 ms to 2 s). Zero or less: all at once.
    duration attempt_delay = std::chrono::milliseconds(250);
    socket_options socket = {}; ///< Options of the socket; those of listeners have no effect.
    session_limits limits = {}; ///< Watermarks and deadlines of the session.
    endpoint_order order = endpoint_order::given; ///< Of several endpoints.
    retry_options retry = {};                     ///< None, unless asked for.
};

} // namespace eddy
