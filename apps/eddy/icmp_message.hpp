// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace client {

enum class icmp_version { v4, v6 };

/// An echo request or reply (RFC 792, RFC 4443), without the IP header.
struct icmp_echo {
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;
    std::span<const std::byte> payload;

    static constexpr std::size_t header_size = 8;
};

/// The checksum of RFC 1071. Over a message with its right checksum in place it is 0.
[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::byte> bytes) noexcept;

/// The bytes of a request. The checksum of ICMPv6 stays 0: it covers addresses that only the kernel
/// knows, which fills it in (RFC 3542, 3.1).
[[nodiscard]] std::vector<std::byte> encode_request(icmp_version version, const icmp_echo& request);

/// The reply in `bytes`; nothing when they are another message, or broken.
[[nodiscard]] std::optional<icmp_echo>
decode_reply(icmp_version version, std::span<const std::byte> bytes) noexcept;

} // namespace client
