// SPDX-License-Identifier: BSL-1.0
#include "platform/ip_text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace eddy::platform {
namespace {

template <class Bytes>
std::optional<Bytes> parse(int family, std::string_view text) noexcept {
    char terminated[INET6_ADDRSTRLEN] = {};
    // inet_pton would stop at a zero byte and take what stands before it.
    if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    text.copy(terminated, text.size());
    Bytes bytes;
    if (::inet_pton(family, terminated, bytes.data()) != 1) {
        return std::nullopt;
    }
    return bytes;
}

template <class Bytes>
std::string print(int family, const Bytes& bytes) {
    char text[INET6_ADDRSTRLEN];
    return ::inet_ntop(family, bytes.data(), text, sizeof text);
}

} // namespace

std::optional<ipv4_bytes> parse_ipv4(std::string_view text) noexcept {
    return parse<ipv4_bytes>(AF_INET, text);
}

std::string print_ipv4(const ipv4_bytes& bytes) {
    return print(AF_INET, bytes);
}

std::optional<ipv6_bytes> parse_ipv6(std::string_view text) noexcept {
    return parse<ipv6_bytes>(AF_INET6, text);
}

std::string print_ipv6(const ipv6_bytes& bytes) {
    return print(AF_INET6, bytes);
}

} // namespace eddy::platform
