// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>

#include <cstdint>
#include <string>

namespace client {

/// Where a command goes, as it was typed.
struct target {
    std::string host; ///< A name, an address with or without brackets, or a whole endpoint.
    std::uint16_t port = 0;
    bool over_udp = false;
};

/// Throws `eddy::error` when that is no endpoint.
[[nodiscard]] eddy::endpoint to_endpoint(const target& typed);

} // namespace client
