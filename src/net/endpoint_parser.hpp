// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace eddy::detail {

/// What an endpoint is made of.
struct endpoint_parts {
    endpoint::transport kind = endpoint::transport::tcp;
    std::uint16_t port = 0;
    int descriptor = -1;
    std::string name;
};

/// Takes the text of an endpoint apart. Throws `eddy::error` with a message for whoever wrote it.
[[nodiscard]] endpoint_parts parse_endpoint(std::string_view text);

/// The word that an endpoint of this kind begins with: "tcp", "unix".
[[nodiscard]] std::string_view scheme_of(endpoint::transport kind) noexcept;

} // namespace eddy::detail
