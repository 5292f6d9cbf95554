// SPDX-License-Identifier: BSL-1.0
#include "sim/kernel.hpp"

#include <eddy/sim/world.hpp>

#include "sim/datagram_socket.hpp"
#include "sim/listen_socket.hpp"
#include "sim/stream_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace eddy::sim::detail {
namespace {

// Linux's range of ports for sockets that do not ask for one.
constexpr std::uint16_t first_free_port = 32'768;
constexpr std::uint16_t last_free_port = 60'999;

/// Comes before the IPv4 address that is mapped into IPv6.
constexpr std::uint8_t mapped_mark = 0xFF;

bool same_host(const address& a, const address& b) {
    return a.with_port(0) == b.with_port(0);
}

/// The sockets that get what is sent to `target`: those bound to exactly that address before those
/// bound to any.
template <class Socket>
Socket* find_among(
    const std::vector<Socket*>& sockets,
    endpoint::transport kind,
    const address& target,
    random& chooser
) {
    std::vector<Socket*> exact;
    std::vector<Socket*> wildcard;
    for (Socket* each : sockets) {
        if (each->kind() == kind && accepts(each->bound(), each->options(), target)) {
            (each->bound().is_any() ? wildcard : exact).push_back(each);
        }
    }
    const auto& found = exact.empty() ? wildcard : exact;
    return found.empty() ? nullptr : found[chooser.below(choice::balance, found.size())];
}

/// True when `bound` may not be bound because one of `sockets` is there.
template <class Socket>
bool is_taken(
    const std::vector<Socket*>& sockets,
    endpoint::transport kind,
    const address& bound,
    const socket_options& options
) {
    return std::any_of(sockets.begin(), sockets.end(), [&](const Socket* each) {
        const bool overlap = accepts(each->bound(), each->options(), bound) ||
                             accepts(bound, options, each->bound());
        return each->kind() == kind && overlap &&
               !(each->options().reuse_port && options.reuse_port);
    });
}

} // namespace

descriptor::~descriptor() {
    if (owner_) {
        --owner_->descriptors_;
    }
}

address seen_from(const address& bound, const address& other) noexcept {
    if (bound.kind() != address::family::ipv6 || other.kind() != address::family::ipv4) {
        return other;
    }
    const auto v4 = other.v4();
    return {
        address::ipv6_bytes{
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, mapped_mark, mapped_mark, v4[0], v4[1], v4[2], v4[3]
        },
        other.port()
    };
}

address unmapped(const address& at) noexcept {
    if (at.kind() != address::family::ipv6) {
        return at;
    }
    const auto& bytes = at.v6();
    const bool is_mapped =
        bytes[10] == mapped_mark && bytes[11] == mapped_mark &&
        std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t each) { return each == 0; });
    return is_mapped
               ? address(address::ipv4_bytes{bytes[12], bytes[13], bytes[14], bytes[15]}, at.port())
               : at;
}

bool accepts(const address& bound, const socket_options& options, const address& target) noexcept {
    if (bound.kind() == address::family::local || target.kind() == address::family::local) {
        return bound == target;
    }
    if (bound.port() != target.port()) {
        return false;
    }
    if (bound.is_any()) {
        return bound.kind() == target.kind() ||
               (bound.kind() == address::family::ipv6 && options.dual_stack);
    }
    return same_host(bound, target);
}

result<descriptor> kernel::open_descriptor() {
    if (descriptors_ >= home_->options.descriptors) {
        return system_error(EMFILE);
    }
    if (memory_in_use() > home_->options.socket_memory) {
        return system_error(ENOBUFS);
    }
    ++descriptors_;
    return descriptor(this);
}

std::size_t kernel::memory_in_use() const noexcept {
    std::size_t bytes = 0;
    for (const auto& [number, socket] : sockets_) {
        bytes += socket->memory();
    }
    for (const datagram_socket* port : ports_) {
        bytes += port->memory();
    }
    return bytes;
}

result<address> kernel::claim(const endpoint& at, const socket_options& options) {
    address bound;
    if (at.has_host()) {
        auto numeric = at.numeric();
        if (!numeric) {
            const auto known = home_->owner().names().find(at.host());
            if (!known) {
                return known.error();
            }
            numeric = known->front().with_port(at.port());
        }
        bound = *numeric;
        if (!bound.is_any() && !home_->is_own(bound)) {
            return system_error(EADDRNOTAVAIL);
        }
        if (bound.port() == 0) {
            bound = bound.with_port(free_port());
        }
    } else {
        bound = address::local(at.path());
    }
    if (is_taken(listeners_, at.kind(), bound, options) ||
        is_taken(ports_, at.kind(), bound, options)) {
        return system_error(EADDRINUSE);
    }
    return bound;
}

address kernel::address_towards(const address& target) const {
    if (!target.is_ip()) {
        return {};
    }
    if (target.is_loopback() || target.is_any()) {
        return target.with_port(0);
    }
    return target.kind() == address::family::ipv4 ? home_->ipv4() : home_->ipv6();
}

std::uint16_t kernel::free_port() noexcept {
    next_port_ = next_port_ < first_free_port || next_port_ == last_free_port
                     ? first_free_port
                     : static_cast<std::uint16_t>(next_port_ + 1);
    return next_port_;
}

listen_socket* kernel::find_listener(endpoint::transport kind, const address& target) const {
    return find_among(listeners_, kind, target, home_->owner().random());
}

datagram_socket* kernel::find_port(endpoint::transport kind, const address& target) const {
    return find_among(ports_, kind, target, home_->owner().random());
}

void kernel::add(std::shared_ptr<stream_socket> socket) {
    const auto number = socket->number();
    sockets_.emplace(number, std::move(socket));
}

void kernel::remove(const stream_socket& socket) {
    sockets_.erase(socket.number());
}

} // namespace eddy::sim::detail
