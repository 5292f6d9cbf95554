// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace eddy {

/// Where a service is to be had, as the domain name system says it (RFC 2782).
struct service_record {
    std::string target;         ///< Name of the host, without the dot at its end; empty for ".".
    std::uint16_t port = 0;     ///< 0 to 65,535.
    std::uint16_t priority = 0; ///< Those of the lowest are tried first.
    std::uint16_t weight = 0;   ///< Its share among those of the same priority.

    friend bool operator==(const service_record&, const service_record&) = default;
};

} // namespace eddy
