// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/socket_address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>

namespace eddy::posix {
namespace {

void fill_local(socket_address& out, const std::string& path) noexcept {
    auto& local = reinterpret_cast<::sockaddr_un&>(out.storage);
    local.sun_family = AF_UNIX;
    const std::size_t length = std::min(path.size(), sizeof(local.sun_path) - 1);
    std::memcpy(local.sun_path, path.data(), length);
    local.sun_path[length] = '\0';
    const bool is_abstract = length != 0 && path.front() == '@';
    if (is_abstract) {
        local.sun_path[0] = '\0';
    }
    // unix(7): an abstract name is as long as the address says; a path ends with a null byte.
    out.size = static_cast<::socklen_t>(
        offsetof(::sockaddr_un, sun_path) + length + (is_abstract ? 0 : 1)
    );
}

address local_address(const socket_address& from) {
    const auto& local = reinterpret_cast<const ::sockaddr_un&>(from.storage);
    const std::size_t head = offsetof(::sockaddr_un, sun_path);
    if (from.size <= head) {
        return {}; // an unnamed socket
    }
    if (local.sun_path[0] == '\0') {
        return address::local('@' + std::string(local.sun_path + 1, from.size - head - 1));
    }
    return address::local(std::string(local.sun_path, ::strnlen(local.sun_path, from.size - head)));
}

} // namespace

socket_address::socket_address(const address& from) noexcept {
    switch (from.kind()) {
    case address::family::ipv4: {
        auto& v4 = reinterpret_cast<::sockaddr_in&>(storage);
        v4 = {};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(from.port());
        const auto bytes = from.v4();
        std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
        size = sizeof v4;
        break;
    }
    case address::family::ipv6: {
        auto& v6 = reinterpret_cast<::sockaddr_in6&>(storage);
        v6 = {};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(from.port());
        v6.sin6_scope_id = from.zone();
        std::memcpy(&v6.sin6_addr, from.v6().data(), from.v6().size());
        size = sizeof v6;
        break;
    }
    case address::family::local:
        fill_local(*this, from.path());
        break;
    case address::family::none:
        size = 0;
        break;
    }
}

address socket_address::to_address() const {
    switch (size == 0 ? AF_UNSPEC : storage.ss_family) {
    case AF_INET: {
        const auto& v4 = reinterpret_cast<const ::sockaddr_in&>(storage);
        address::ipv4_bytes bytes;
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return {bytes, ntohs(v4.sin_port)};
    }
    case AF_INET6: {
        const auto& v6 = reinterpret_cast<const ::sockaddr_in6&>(storage);
        address::ipv6_bytes bytes;
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return {bytes, ntohs(v6.sin6_port), v6.sin6_scope_id};
    }
    case AF_UNIX:
        return local_address(*this);
    default:
        return {};
    }
}

} // namespace eddy::posix
