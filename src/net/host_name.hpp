// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eddy::detail {

/// Why a text cannot be the host of an endpoint, and what to do about it.
struct host_complaint {
    std::string cause;
    std::string remedy;
};

/// Looks at a host without brackets: a name or an IPv4 address. Nothing when it is fine.
[[nodiscard]] std::optional<host_complaint> find_fault_in_host(std::string_view host);

/// Looks at what stands between brackets: an IPv6 address, with a zone or without.
[[nodiscard]] std::optional<host_complaint> find_fault_in_brackets(std::string_view inside);

/// True for an IPv6 address in any valid spelling, with a zone or without.
[[nodiscard]] bool is_ipv6(std::string_view text) noexcept;

/// The one spelling of a valid host: names in small letters, IPv6 addresses as RFC 5952 has them.
[[nodiscard]] std::string canonical_host(std::string_view host);

/// The text in double quotes, on one line whatever is in it.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace eddy::detail
