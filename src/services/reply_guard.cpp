// SPDX-License-Identifier: BSL-1.0
#include "services/reply_guard.hpp"

#include <eddy/core/log.hpp>

#include <algorithm>
#include <bit>

namespace eddy::services::detail {
namespace {

constexpr std::uint16_t first_user_port = 1024;

/// SSDP, NFS, mDNS and memcached, above the system ports, answer anybody.
constexpr auto answering_ports = std::to_array<std::uint16_t>({1900, 2049, 5353, 11211});

bool is_group(const address& at) noexcept {
    return at.is_multicast() || at.is_broadcast();
}

bool is_udp(const endpoint& at) noexcept {
    return at.kind() == endpoint::transport::udp;
}

} // namespace

std::string_view to_string(reply_verdict verdict) noexcept {
    switch (verdict) {
    case reply_verdict::allowed:
        return "allowed";
    case reply_verdict::no_address:
        return "no return address";
    case reply_verdict::group_address:
        return "multicast or broadcast";
    case reply_verdict::system_port:
        return "source port below 1024";
    case reply_verdict::service_port:
        return "source port of a service";
    case reply_verdict::own_port:
        return "source port served here";
    }
    return {};
}

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

reply_guard::reply_guard(const datagrams& socket, std::string_view service)
    : service_(service), local_(socket.local()) {
    if (is_udp(local_)) {
        served_ports::of_process().enter(local_.port());
    }
}

reply_guard::~reply_guard() {
    if (is_udp(local_)) {
        served_ports::of_process().leave(local_.port());
    }
}

bool reply_guard::allows(const datagram& received) {
    const auto verdict = judge_reply(received, served_ports::of_process());
    auto& count = counts_[static_cast<std::size_t>(verdict)];
    ++count;
    if (verdict == reply_verdict::allowed) {
        return true;
    }
    // Each power of two, so that a flood of datagrams is no flood of lines.
    if (std::has_single_bit(count) && log::is_enabled(log::level::debug)) {
        log_refusal(verdict, received.peer);
    }
    return false;
}

void reply_guard::log_refusal(reply_verdict why, const address& peer) const {
    log::debug(
        "datagram not answered",
        {{"service", service_},
         {"endpoint", local_.to_string()},
         {"reason", to_string(why)},
         {"peer", peer.to_string()},
         {"count", counts_[static_cast<std::size_t>(why)]}}
    );
}

} // namespace eddy::services::detail
