// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/connect_op.hpp>
#include <eddy/sim/host.hpp>

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace eddy::sim::detail {

class datagram_socket;
class kernel;
class listen_socket;
class stream_socket;

/// One of the descriptors of a host's process.
class descriptor {
public:
    explicit descriptor(kernel* owner = nullptr) noexcept : owner_(owner) {}
    descriptor(descriptor&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~descriptor();

private:
    kernel* owner_;
};

/// The operating system of a host as far as sockets are concerned: who listens where, what is open,
/// what is used up.
class kernel {
public:
    explicit kernel(host& home) noexcept : home_(&home) {}
    kernel(const kernel&) = delete;
    kernel& operator=(const kernel&) = delete;

    [[nodiscard]] host& home() const noexcept { return *home_; }

    /// EMFILE or ENOBUFS when the host has no more to give.
    result<descriptor> open_descriptor();
    [[nodiscard]] std::size_t open_descriptors() const noexcept { return descriptors_; }

    /// The address that `at` stands for on this host, with a port of its own for port 0.
    /// EADDRNOTAVAIL; EADDRINUSE unless all sockets there share it.
    result<address> claim(const endpoint& at, const socket_options& options);
    /// The address of this host from which `target` is reached; port 0.
    [[nodiscard]] address address_towards(const address& target) const;
    /// The same with a free port.
    [[nodiscard]] address source_for(const address& target) {
        return address_towards(target).with_port(free_port());
    }

    void add(listen_socket& listener) { listeners_.push_back(&listener); }
    void remove(const listen_socket& listener) { std::erase(listeners_, &listener); }
    /// Who takes a connection to `target`; null when nobody does.
    [[nodiscard]] listen_socket*
    find_listener(endpoint::transport kind, const address& target) const;

    void add(datagram_socket& port) { ports_.push_back(&port); }
    void remove(const datagram_socket& port) { std::erase(ports_, &port); }
    [[nodiscard]] datagram_socket* find_port(endpoint::transport kind, const address& target) const;

    /// Keeps a connection alive, also after its program has closed it, until it has ended on the
    /// network.
    void add(std::shared_ptr<stream_socket> socket);
    void remove(const stream_socket& socket);

private:
    friend class descriptor;

    [[nodiscard]] std::size_t memory_in_use() const noexcept;
    [[nodiscard]] std::uint16_t free_port() noexcept;

    host* home_;
    std::size_t descriptors_ = 0;
    std::uint16_t next_port_ = 0;
    std::vector<listen_socket*> listeners_;
    std::vector<datagram_socket*> ports_;
    std::map<std::uint64_t, std::shared_ptr<stream_socket>>
        sockets_; // by number: the order must not depend on addresses
};

/// An IPv4 address as an IPv6 socket tells it, mapped into IPv6 (RFC 4291, 2.5.5.2); others as they
/// are.
[[nodiscard]] address seen_from(const address& bound, const address& other) noexcept;
/// The IPv4 address that is mapped into `at`; others as they are.
[[nodiscard]] address unmapped(const address& at) noexcept;

/// True when a socket bound to `bound` gets what is sent to `target`.
[[nodiscard]] bool
accepts(const address& bound, const socket_options& options, const address& target) noexcept;

} // namespace eddy::sim::detail
