// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eddy {

/// Where a peer or a socket is: an IP address with its port, or the path of a Unix socket. A value;
/// never resolved. Compares by kind, then port, zone, bytes and path.
///
/// @par Thread safety
/// Distinct objects: safe. Shared objects: safe to read.
class EDDY_EXPORT address {
public:
    /// What kind of address it is.
    enum class family : std::uint8_t {
        none,  ///< Nothing is known: an unnamed Unix socket, a pipe.
        ipv4,  ///< 32 bits and a port.
        ipv6,  ///< 128 bits, a port and a zone.
        local, ///< A Unix socket's path; a leading `@` stands for the abstract namespace (unix(7)).
    };
    using ipv4_bytes = std::array<std::uint8_t, 4>;  ///< In network order.
    using ipv6_bytes = std::array<std::uint8_t, 16>; ///< In network order.

    /// Nothing is known: `family::none`.
    address() noexcept = default;
    address(ipv4_bytes bytes, std::uint16_t port) noexcept;
    /// @param zone  Index of the interface of a link-local address (RFC 4007); 0 for none.
    address(ipv6_bytes bytes, std::uint16_t port, std::uint32_t zone = 0) noexcept;
    /// The same of bytes that are written out, `address({127, 0, 0, 1}, 80)`: four or sixteen.
    template <std::size_t Count>
    address(const std::uint8_t (&bytes)[Count], std::uint16_t port) noexcept
        : address(std::to_array(bytes), port) {
        static_assert(Count == 4 || Count == 16, "an address has 4 bytes, or 16");
    }
    /// An empty path gives the address of an unnamed socket, `family::none`.
    [[nodiscard]] static address local(std::string path);

    /// Reads `192.0.2.1:80`, `[2001:db8::1]:80` or `[fe80::1%eth0]:80`; the zone is a name or a
    /// number. Numbers only: names are for `endpoint`.
    ///
    /// @par Errors
    /// - `std::errc::invalid_argument` - not of that form; `endpoint` has the messages for people.
    /// - `std::errc::no_such_device`   - the zone names no interface of this machine.
    [[nodiscard]] static result<address> parse(std::string_view text);

    [[nodiscard]] family kind() const noexcept { return family_; }
    /// True for IPv4 and IPv6.
    [[nodiscard]] bool is_ip() const noexcept {
        return family_ == family::ipv4 || family_ == family::ipv6;
    }

    /// The first four bytes, of an IPv4 address.
    [[nodiscard]] ipv4_bytes v4() const noexcept;
    /// All sixteen, of an IPv6 address.
    [[nodiscard]] const ipv6_bytes& v6() const noexcept { return bytes_; }
    /// 0 to 65,535, in the host's order; 0 for what has no port.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Index of an interface; 0 for none.
    [[nodiscard]] std::uint32_t zone() const noexcept { return zone_; }
    /// Of a Unix socket; empty for the others.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The same with another port; unchanged when it has no port.
    [[nodiscard]] address with_port(std::uint16_t port) const;
    /// The IPv4 address that is mapped into this one (RFC 4291, 2.5.5.2); unchanged when none is.
    [[nodiscard]] address unmapped() const;

    // These see through an IPv4 address that is mapped into IPv6 (::ffff:192.0.2.1): what a
    // dual-stack listener gets.
    [[nodiscard]] bool is_loopback() const noexcept;  ///< 127.0.0.0/8 or ::1
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
