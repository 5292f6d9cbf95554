// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/address_range.hpp>

#include "net/numbers.hpp"
#include "platform/ip_text.hpp"

#include <array>
#include <optional>

namespace eddy {
namespace {

constexpr unsigned ipv4_bits = 32;
constexpr unsigned ipv6_bits = 128;

error_code invalid() noexcept {
    return std::make_error_code(std::errc::invalid_argument);
}

bool have_equal_beginnings(
    const address::ipv6_bytes& one, const address::ipv6_bytes& other, unsigned bits
) noexcept {
    for (unsigned i = 0; i * 8 < bits; ++i) {
        const unsigned rest = bits - i * 8;
        const auto mask = static_cast<std::uint8_t>(rest >= 8 ? 0xFF : 0xFF00 >> rest);
        if (((one[i] ^ other[i]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

address without_tail(const address& from, unsigned bits) noexcept {
    auto bytes = from.v6(); // an IPv4 address is in the first four
    for (unsigned i = 0; i != bytes.size(); ++i) {
        const unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
        bytes[i] = static_cast<std::uint8_t>(kept >= 8 ? bytes[i] : bytes[i] & (0xFF00 >> kept));
    }
    if (from.kind() == address::family::ipv4) {
        return {address::ipv4_bytes{bytes[0], bytes[1], bytes[2], bytes[3]}, 0};
    }
    return {bytes, 0};
}

std::vector<address_range> ranges(std::initializer_list<std::string_view> texts) {
    std::vector<address_range> made;
    made.reserve(texts.size());
    for (const auto text : texts) {
        made.push_back(*address_range::parse(text));
    }
    return made;
}

} // namespace

address_range::address_range(const address& first, unsigned bits) noexcept
    : first_(without_tail(first, bits)), bits_(bits) {}

result<address_range> address_range::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto host = text.substr(0, slash);
    const auto ipv4 = platform::parse_ipv4(host);
    const auto ipv6 = ipv4 ? std::nullopt : platform::parse_ipv6(host);
    if (!ipv4 && !ipv6) {
        return invalid();
    }
    const unsigned most = ipv4 ? ipv4_bits : ipv6_bits;
    std::optional<unsigned> bits = most;
    if (slash != std::string_view::npos) {
        bits = detail::parse_number<unsigned>(text.substr(slash + 1));
    }
    if (!bits || *bits > most) {
        return invalid();
    }
    return address_range(ipv4 ? address(*ipv4, 0) : address(*ipv6, 0), *bits);
}

std::vector<address_range> address_range::loopback() {
    return ranges({"127.0.0.0/8", "::1"});
}

std::vector<address_range> address_range::site() {
    return ranges(
        {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"}
    );
}

bool address_range::contains(const address& at) const noexcept {
    if (!at.is_ip()) {
        return false;
    }
    const address plain = at.unmapped();
    return plain.kind() == first_.kind() && have_equal_beginnings(plain.v6(), first_.v6(), bits_);
}

std::string address_range::to_string() const {
    return first_.host_string() + '/' + std::to_string(bits_);
}

} // namespace eddy
