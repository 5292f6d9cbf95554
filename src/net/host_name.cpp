// SPDX-License-Identifier: BSL-1.0
#include "net/host_name.hpp"

#include "core/escape_text.hpp"
#include "core/utf8.hpp"
#include "net/numbers.hpp"
#include "platform/interface_name.hpp"
#include "platform/ip_text.hpp"

#include <algorithm>
#include <cstddef>

namespace eddy::detail {
namespace {

// RFC 1035, section 2.3.4, without the length bytes.
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hexadecimal(std::string_view label) noexcept {
    return label.size() >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') &&
           label.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

std::optional<host_complaint> find_fault_in_labels(std::string_view name) {
    while (!name.empty()) {
        const auto label = name.substr(0, name.find('.'));
        if (label.empty()) {
            return host_complaint{"a part of the host between dots is empty", "remove a dot"};
        }
        if (label.size() > longest_label) {
            return host_complaint{
                "a part of the host between dots is longer than 63 characters", "use a shorter name"
            };
        }
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return std::nullopt;
}

bool is_zone(std::string_view text) noexcept {
    return !text.empty() && text.size() <= platform::longest_interface_name &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c < '\x7F' && c != '/' && c != '%' && c != '[' && c != ']';
           });
}

} // namespace

std::optional<host_complaint> find_fault_in_host(std::string_view host) {
    const auto bad = std::find_if(host.begin(), host.end(), [](char c) {
        return !is_letter_or_digit(c) && c != '-' && c != '.' && c != '_';
    });
    if (bad != host.end()) {
        const auto from = host.substr(static_cast<std::size_t>(bad - host.begin()));
        const auto [code_point, length] = first_character(from);
        const bool is_foreign = code_point > 0x7F;
        return host_complaint{
            quoted(from.substr(0, length == 0 ? 1 : length)) + " cannot be part of a host",
            is_foreign ? "write the name's ASCII form, which begins with \"xn--\""
                       : "use letters, digits, \"-\", \"_\" and \".\""
        };
    }
    if (host.size() > longest_name) {
        return host_complaint{"the host is longer than 253 characters", "use a shorter name"};
    }
    if (auto fault = find_fault_in_labels(host)) {
        return fault;
    }
    // Resolvers still take 127.1, 0x7f.0.0.1 and 0177.0.0.1 for addresses, and no two agree on
    // which.
    const auto name = host.back() == '.' ? host.substr(0, host.size() - 1) : host;
    const auto last = name.substr(name.rfind('.') + 1);
    if ((is_digits(last) || is_hexadecimal(last)) && !platform::parse_ipv4(host)) {
        return host_complaint{
            quoted(host) + " is not an IPv4 address",
            "write four numbers from 0 to 255, as in \"192.0.2.1\""
        };
    }
    return std::nullopt;
}

std::optional<host_complaint> find_fault_in_brackets(std::string_view inside) {
    const auto percent = inside.find('%');
    if (!platform::parse_ipv6(inside.substr(0, percent))) {
        return host_complaint{
            quoted(inside) + " in brackets is not an IPv6 address",
            "write one, as in \"[2001:db8::1]\", or remove the brackets"
        };
    }
    if (percent != std::string_view::npos && !is_zone(inside.substr(percent + 1))) {
        return host_complaint{
            quoted(inside.substr(percent + 1)) + " is not the name of a network interface",
            "write one, as in \"[fe80::1%eth0]\""
        };
    }
    return std::nullopt;
}

bool is_ipv6(std::string_view text) noexcept {
    const auto percent = text.find('%');
    return platform::parse_ipv6(text.substr(0, percent)) &&
           (percent == std::string_view::npos || is_zone(text.substr(percent + 1)));
}

std::string canonical_host(std::string_view host) {
    const auto percent = std::min(host.find('%'), host.size());
    if (const auto bytes = platform::parse_ipv6(host.substr(0, percent))) {
        return platform::print_ipv6(*bytes).append(host.substr(percent));
    }
    std::string name(host);
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return name;
}

std::string quoted(std::string_view text) {
    std::string quotation = "\"";
    append_escaped(quotation, text, escape_style::quoted);
    quotation += '"';
    return quotation;
}

} // namespace eddy::detail
