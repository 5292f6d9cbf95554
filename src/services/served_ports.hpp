// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace eddy::services::detail {

/// The UDP ports on which small services answer, counted: several sockets may share one.
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

} // namespace eddy::services::detail
