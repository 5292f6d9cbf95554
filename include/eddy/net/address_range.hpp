// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eddy {

/// The addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`. A value.
///
/// @par Thread safety
/// Distinct objects: safe. Shared objects: safe to read.
class EDDY_EXPORT address_range {
public:
    /// Reads an address without a port, alone or followed by `/` and the number of bits that count;
    /// the others may be anything.
    ///
    /// @par Errors
    /// - `std::errc::invalid_argument` - not of that form.
    [[nodiscard]] static result<address_range> parse(std::string_view text);

    /// This machine: 127.0.0.0/8 and ::1.
    [[nodiscard]] static std::vector<address_range> loopback();
    /// What no router of the internet passes on: the private ranges of RFC 1918 and RFC 4193, and
    /// the link-local ones.
    [[nodiscard]] static std::vector<address_range> site();

    /// Whether `at` is one of them; an IPv4 address also when it is mapped into IPv6. Ports and
    /// zones do not matter.
    [[nodiscard]] bool contains(const address& at) const noexcept;

    /// As `parse` reads it, in one spelling.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const address_range&, const address_range&) = default;

private:
    address_range(const address& first, unsigned bits) noexcept;

    address first_;     // with zeros behind the bits
    unsigned bits_ = 0; // 0 to 32, or to 128
};

} // namespace eddy
