// SPDX-License-Identifier: BSL-1.0
#include "net/judge_reply.hpp"

#include <algorithm>
#include <array>

namespace eddy::detail {
namespace {

constexpr std::uint16_t first_user_port = 1024;

/// SSDP, NFS, mDNS and memcached, above the system ports, answer anybody.
constexpr auto answering_ports = std::to_array<std::uint16_t>({1900, 2049, 5353, 11211});

bool is_group(const address& at) noexcept {
    return at.is_multicast() || at.is_broadcast();
}

} // namespace

reply_verdict judge_reply(const datagram& received, const served_ports& own) noexcept {
    const address& peer = received.peer;
    if (peer.kind() == address::family::local) {
        return reply_verdict::allowed; // a path cannot be forged
    }
    if (!peer.is_ip() || peer.is_any()) {
        return reply_verdict::no_address;
    }
    if (is_group(peer) || is_group(received.local)) {
        return reply_verdict::group_address;
    }
    const std::uint16_t port = peer.port();
    if (port < first_user_port) {
        return reply_verdict::system_port;
    }
    if (std::find(answering_ports.begin(), answering_ports.end(), port) != answering_ports.end()) {
        return reply_verdict::service_port;
    }
    return own.contain(port) ? reply_verdict::own_port : reply_verdict::allowed;
}

} // namespace eddy::detail
