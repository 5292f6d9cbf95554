// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eddy::platform {

using ipv4_bytes = std::array<std::uint8_t, 4>;
using ipv6_bytes = std::array<std::uint8_t, 16>;

/// Four decimal numbers; none of the old forms with fewer, hexadecimal or octal ones.
[[nodiscard]] std::optional<ipv4_bytes> parse_ipv4(std::string_view text) noexcept;
[[nodiscard]] std::string print_ipv4(const ipv4_bytes& bytes);

/// RFC 4291, also with an embedded IPv4 address; no brackets and no zone. Printed as RFC 5952 has
/// it.
[[nodiscard]] std::optional<ipv6_bytes> parse_ipv6(std::string_view text) noexcept;
[[nodiscard]] std::string print_ipv6(const ipv6_bytes& bytes);

} // namespace eddy::platform
