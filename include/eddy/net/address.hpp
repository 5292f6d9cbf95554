// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/result.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace eddy {

/// Where a peer or a socket is: an IP address with its port, or the path of a Unix socket. A value; never resolved.
class EDDY_EXPORT address {
public:
    enum class family : std::uint8_t {
        none,  ///< Nothing is known: an unnamed Unix socket, a pipe.
        ipv4,
        ipv6,
        local, ///< A Unix socket's path; a leading `@` stands for the abstract namespace.
    };
    using ipv4_bytes = std::array<std::uint8_t, 4>;  // network order
    using ipv6_bytes = std::array<std::uint8_t, 16>; // network order

    address() noexcept = default;
    address(ipv4_bytes bytes, std::uint16_t port) noexcept;
    address(ipv6_bytes bytes, std::uint16_t port, std::uint32_t zone = 0) noexcept;
    /// An empty path gives the address of an unnamed socket, `family::none`.
    [[nodiscard]] static address local(std::string path);

    /// Reads `192.0.2.1:80`, `[2001:db8::1]:80` or `[fe80::1%eth0]:80`; the zone is a name or a number.
    /// Numbers only: names are for `endpoint`.
    ///
    /// @par Errors
    /// `std::errc::invalid_argument`; the text says nothing more, `endpoint` has the messages for people.
    /// `std::errc::no_such_device` for a zone that names no interface of this machine.
    [[nodiscard]] static result<address> parse(std::string_view text);

    [[nodiscard]] family kind() const noexcept { return family_; }
    [[nodiscard]] bool is_ip() const noexcept { return family_ == family::ipv4 || family_ == family::ipv6; }

    /// The first four bytes, of an IPv4 address.
    [[nodiscard]] ipv4_bytes v4() const noexcept;
    [[nodiscard]] const ipv6_bytes& v6() const noexcept { return bytes_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::uint32_t zone() const noexcept { return zone_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] address with_port(std::uint16_t port) const;

    // These see through an IPv4 address that is mapped into IPv6 (::ffff:192.0.2.1): what a dual-stack listener gets.
    [[nodiscard]] bool is_loopback() const noexcept;
    [[nodiscard]] bool is_any() const noexcept;       ///< 0.0.0.0 or ::
    [[nodiscard]] bool is_multicast() const noexcept; ///< 224.0.0.0/4 or ff00::/8
    [[nodiscard]] bool is_broadcast() const noexcept; ///< 255.255.255.255

    /// `192.0.2.1:80`, `[2001:db8::1]:80` (RFC 5952), the path, or `-` when nothing is known.
    [[nodiscard]] std::string to_string() const;
    /// The same without the port.
    [[nodiscard]] std::string host_string() const;

    friend bool operator==(const address&, const address&) = default;
    friend std::strong_ordering operator<=>(const address&, const address&) = default;

private:
    family family_ = family::none;
    std::uint16_t port_ = 0;
    std::uint32_t zone_ = 0;
    ipv6_bytes bytes_{}; // an IPv4 address is in the first four
    std::string path_;
};

} // namespace eddy
