// SPDX-License-Identifier: BSL-1.0
#include "icmp_message.hpp"

#include <algorithm>
#include <vector>

namespace client {
namespace {

constexpr std::size_t checksum_at = 2;
constexpr std::size_t identifier_at = 4;
constexpr std::size_t sequence_at = 6;

struct message_types {
    std::byte request;
    std::byte reply;
};

message_types types_of(icmp_version version) noexcept {
    return version == icmp_version::v4 ? message_types{std::byte{8}, std::byte{0}}
                                       : message_types{std::byte{128}, std::byte{129}};
}

void put(std::span<std::byte> bytes, std::size_t at, unsigned value) noexcept {
    bytes[at] = static_cast<std::byte>(value >> 8);
    bytes[at + 1] = static_cast<std::byte>(value);
}

std::uint16_t get(std::span<const std::byte> bytes, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(
        (std::to_integer<unsigned>(bytes[at]) << 8) | std::to_integer<unsigned>(bytes[at + 1])
    );
}

} // namespace

std::uint16_t internet_checksum(std::span<const std::byte> bytes) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        sum += get(bytes, i);
    }
    if (bytes.size() % 2 != 0) {
        sum += std::to_integer<unsigned>(bytes.back()) << 8;
    }
    while ((sum >> 16) != 0) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(~sum);
}

std::vector<std::byte> encode_request(icmp_version version, const icmp_echo& request) {
    std::vector<std::byte> bytes(icmp_echo::header_size + request.payload.size());
    bytes[0] = types_of(version).request;
    put(bytes, identifier_at, request.identifier);
    put(bytes, sequence_at, request.sequence);
    std::copy(
        request.payload.begin(), request.payload.end(), bytes.begin() + icmp_echo::header_size
    );
    if (version == icmp_version::v4) {
        put(bytes, checksum_at, internet_checksum(bytes));
    }
    return bytes;
}

std::optional<icmp_echo>
decode_reply(icmp_version version, std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < icmp_echo::header_size || bytes[0] != types_of(version).reply ||
        bytes[1] != std::byte{0}) {
        return std::nullopt;
    }
    // The kernel checks ICMPv6 for us; a raw IPv4 socket sees messages before they are checked.
    if (version == icmp_version::v4 && internet_checksum(bytes) != 0) {
        return std::nullopt;
    }
    return icmp_echo{
        get(bytes, identifier_at), get(bytes, sequence_at), bytes.subspan(icmp_echo::header_size)
    };
}

} // namespace client
