// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/resolver.hpp"

#include "engine/posix/socket.hpp"
#include "engine/posix/socket_address.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <strings.h>
#include <vector>

namespace eddy::posix {
namespace {

constexpr const char* localhost = "localhost";

/// RFC 6761, section 6.3: the name of this machine, and of nothing else whose last label it is.
bool is_localhost(std::string host) {
    if (host.ends_with('.')) {
        host.pop_back();
    }
    return ::strcasecmp(host.c_str() + (host.rfind('.') + 1), localhost) == 0;
}

} // namespace

result<std::vector<address>> resolve(const std::string& host, std::uint16_t port) {
    ::addrinfo hints{};
    hints.ai_socktype =
        SOCK_STREAM; // one entry for each address instead of one for each socket type
    ::addrinfo* head = nullptr;
    // Name servers are not asked for it, and /etc/hosts need not have it.
    const bool is_here = is_localhost(host);
    const int failure = ::getaddrinfo(is_here ? localhost : host.c_str(), nullptr, &hints, &head);
    const std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)> owned(head, &::freeaddrinfo);
    if (failure != 0 && is_here) {
        return std::vector{address(address::ipv4_bytes{127, 0, 0, 1}, port)};
    }
    switch (failure) {
    case 0:
        break;
    case EAI_SYSTEM:
        return last_error();
    case EAI_AGAIN:
        return error_code(make_error_code(std::errc::resource_unavailable_try_again));
    case EAI_MEMORY:
        return error_code(make_error_code(std::errc::not_enough_memory));
    default:
        return errc::no_such_host;
    }
    std::vector<address> found;
    for (const auto* entry = head; entry; entry = entry->ai_next) {
        socket_address raw;
        std::memcpy(&raw.storage, entry->ai_addr, entry->ai_addrlen);
        raw.size = entry->ai_addrlen;
        auto resolved = raw.to_address().with_port(port);
        if (resolved.is_ip() && std::find(found.begin(), found.end(), resolved) == found.end()) {
            found.push_back(std::move(resolved));
        }
    }
    if (found.empty()) {
        return errc::no_such_host;
    }
    return found;
}

} // namespace eddy::posix
