// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/address.hpp>

#include <cstdint>
#include <string>

namespace client {

/// `eddy ping`: asks a host for ICMP echoes, one at a time.
struct ping_options {
    std::string host;
    eddy::address::family family =
        eddy::address::family::none; ///< none: the resolver's first choice.
    std::uint64_t count = 4;         ///< 0: until interrupted.
    eddy::duration interval;
    eddy::duration timeout;
};

/// Throws `failure`, also when no request was answered.
void run_ping(const ping_options& options);

} // namespace client
