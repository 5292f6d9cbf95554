// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/address.hpp>

#include "net/numbers.hpp"
#include "platform/interface_name.hpp"
#include "platform/ip_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace eddy {
namespace {

error_code invalid() noexcept {
    return make_error_code(std::errc::invalid_argument);
}

/// An IPv4 address, also one that is mapped into IPv6 (::ffff:0:0/96).
std::optional<address::ipv4_bytes> as_ipv4(const address& from) noexcept {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const auto& bytes = from.v6();
    if (from.kind() == address::family::ipv4) {
        return from.v4();
    }
    if (from.kind() != address::family::ipv6 ||
        !std::equal(prefix.begin(), prefix.end(), bytes.begin())) {
        return std::nullopt;
    }
    return address::ipv4_bytes{bytes[12], bytes[13], bytes[14], bytes[15]};
}

result<std::uint32_t> parse_zone(std::string_view text) {
    if (const auto number = detail::parse_number<std::uint32_t>(text)) {
        return *number;
    }
    if (text.empty() || detail::is_digits(text)) {
        return invalid();
    }
    if (const auto index = platform::interface_index(text)) {
        return index;
    }
    return make_error_code(std::errc::no_such_device);
}

/// What stands between the brackets.
result<address> parse_ipv6(std::string_view text, std::uint16_t port) {
    const auto percent = text.find('%');
    const auto bytes = platform::parse_ipv6(text.substr(0, percent));
    if (!bytes) {
        return invalid();
    }
    if (percent == std::string_view::npos) {
        return address(*bytes, port);
    }
    const auto zone = parse_zone(text.substr(percent + 1));
    if (!zone) {
        return zone.error();
    }
    return address(*bytes, port, *zone);
}

} // namespace

address::address(ipv4_bytes bytes, std::uint16_t port) noexcept
    : family_(family::ipv4), port_(port) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

address::address(ipv6_bytes bytes, std::uint16_t port, std::uint32_t zone) noexcept
    : family_(family::ipv6), port_(port), zone_(zone), bytes_(bytes) {}

address address::local(std::string path) {
    address made;
    made.family_ = path.empty() ? family::none : family::local;
    made.path_ = std::move(path);
    return made;
}

result<address> address::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return invalid();
    }
    const auto port = detail::parse_number<std::uint16_t>(text.substr(colon + 1));
    const auto host = text.substr(0, colon);
    if (!port) {
        return invalid();
    }
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        return parse_ipv6(host.substr(1, host.size() - 2), *port);
    }
    if (const auto bytes = platform::parse_ipv4(host)) {
        return address(*bytes, *port);
    }
    return invalid();
}

address::ipv4_bytes address::v4() const noexcept {
    return {bytes_[0], bytes_[1], bytes_[2], bytes_[3]};
}

address address::with_port(std::uint16_t port) const {
    address other = *this;
    if (is_ip()) {
        other.port_ = port;
    }
    return other;
}

address address::unmapped() const {
    const auto ipv4 = as_ipv4(*this);
    return ipv4 ? address(*ipv4, port_) : *this;
}

bool address::is_loopback() const noexcept {
    constexpr ipv6_bytes one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    const auto ipv4 = as_ipv4(*this);
    return ipv4 ? (*ipv4)[0] == 127 : family_ == family::ipv6 && bytes_ == one;
}

bool address::is_any() const noexcept {
    const auto ipv4 = as_ipv4(*this);
    return ipv4 ? *ipv4 == ipv4_bytes{} : family_ == family::ipv6 && bytes_ == ipv6_bytes{};
}

bool address::is_multicast() const noexcept {
    const auto ipv4 = as_ipv4(*this);
    return ipv4 ? (*ipv4)[0] >> 4 == 14 : family_ == family::ipv6 && bytes_[0] == 0xFF;
}

bool address::is_broadcast() const noexcept {
    return as_ipv4(*this) == ipv4_bytes{255, 255, 255, 255};
}

std::string address::to_string() const {
    switch (family_) {
    case family::ipv4:
        return host_string() + ':' + std::to_string(port_);
    case family::ipv6:
        return '[' + host_string() + "]:" + std::to_string(port_);
    case family::none:
    case family::local:
        break;
    }
    return host_string();
}

std::string address::host_string() const {
    switch (family_) {
    case family::ipv4:
        return platform::print_ipv4(v4());
    case family::ipv6: {
        std::string text = platform::print_ipv6(bytes_);
        if (zone_ != 0) {
            const auto name = platform::interface_name(zone_);
            text += '%' + (name.empty() ? std::to_string(zone_) : name);
        }
        return text;
    }
    case family::local:
        return path_;
    case family::none:
        break;
    }
    return "-";
}

} // namespace eddy
