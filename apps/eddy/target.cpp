// SPDX-License-Identifier: BSL-1.0
#include "target.hpp"

#include <fmt/format.h>

namespace client {

eddy::endpoint to_endpoint(const target& typed) {
    if (typed.host.find("://") != std::string::npos || typed.host.starts_with("unix:")) {
        return typed.host;
    }
    const bool needs_brackets =
        typed.host.find(':') != std::string::npos && !typed.host.starts_with('[');
    return fmt::format(
        fmt::runtime(needs_brackets ? "{}://[{}]:{}" : "{}://{}:{}"),
        typed.over_udp ? "udp" : "tcp",
        typed.host,
        typed.port
    );
}

} // namespace client
