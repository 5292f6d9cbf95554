// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

namespace eddy::detail {

/// The UDP ports that somebody serves, counted: several sockets may share one.
///
/// @par Thread safety
/// Shared objects: safe.
class served_ports {
public:
    /// Those of this process.
    [[nodiscard]] static served_ports& of_process() noexcept {
        static constinit served_ports ports;
        return ports;
    }

    constexpr served_ports() noexcept = default;

    void enter(std::uint16_t port) noexcept {
        counts_[port].fetch_add(1, std::memory_order_relaxed);
    }

    void leave(std::uint16_t port) noexcept {
        counts_[port].fetch_sub(1, std::memory_order_relaxed);
    }

    [[nodiscard]] bool contain(std::uint16_t port) const noexcept {
        return counts_[port].load(std::memory_order_relaxed) != 0;
    }

private:
    // 128 KiB of zeros: only the pages of ports that are looked up are ever backed by memory.
    std::array<std::atomic<std::uint16_t>, 65'536> counts_{};
};

/// Makes the port of an endpoint, if it is one of UDP, known as served here.
class served_port {
public:
    explicit served_port(const endpoint& at) noexcept
        : is_entered_(at.kind() == endpoint::transport::udp), port_(at.port()) {
        if (is_entered_) {
            served_ports::of_process().enter(port_);
        }
    }
    served_port(const served_port&) = delete;
    served_port& operator=(const served_port&) = delete;
    ~served_port() {
        if (is_entered_) {
            served_ports::of_process().leave(port_);
        }
    }

private:
    bool is_entered_;
    std::uint16_t port_;
};

} // namespace eddy::detail
