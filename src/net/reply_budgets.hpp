// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/address.hpp>

#include "net/recent_table.hpp"

#include <cstddef>
#include <cstdint>

namespace eddy::detail {

/// How much each peer may be sent: so many times what came from it, until it is confirmed.
class reply_budgets {
public:
    /// Silence after which a peer is a new one: its address may have another owner by then.
    static constexpr duration expiry = std::chrono::seconds(60);

    /// @param amplification Bytes out for each byte in.
    explicit reply_budgets(std::uint32_t amplification);

    [[nodiscard]] bool is_confirmed(const address& peer, time_point now) noexcept;
    /// A datagram came.
    void received(const address& peer, std::size_t size, time_point now) noexcept;
    /// Whether one may go; then it has.
    bool send(const address& peer, std::size_t size, time_point now) noexcept;
    void confirm(const address& peer, time_point now) noexcept;

private:
    struct budget {
        std::uint64_t key = 0;
        time_point last_heard = time_point::min();
        std::uint64_t in = 0;
        std::uint64_t out = 0;
        bool is_confirmed = false;
    };

    budget* find(const address& peer, time_point now) noexcept;
    budget& enter(const address& peer, time_point now) noexcept;

    std::uint32_t amplification_;
    recent_table<budget> peers_;
};

} // namespace eddy::detail
