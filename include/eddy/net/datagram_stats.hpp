// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/reply_verdict.hpp>

#include <array>
#include <cstdint>

namespace eddy {

/// What a datagram socket has done so far, in datagrams.
struct datagram_stats {
    std::uint64_t received = 0;       ///< Given to the handler.
    std::uint64_t sent = 0;           ///< Taken by the system.
    std::uint64_t truncated = 0;      ///< Longer than `max_datagram`; handlers never see them.
    std::uint64_t overflows = 0;      ///< Dropped because the system's receive queue was full.
    std::uint64_t receive_errors = 0; ///< ICMP noise: a peer of an earlier reply is gone.
    std::uint64_t send_errors = 0;    ///< Replies that the system refused.
    /// What the `reply_guard`s of the socket said, by verdict.
    std::array<std::uint64_t, reply_verdicts> judged{};

    /// Times that a guard said this.
    [[nodiscard]] std::uint64_t count(reply_verdict verdict) const noexcept {
        return judged[static_cast<std::size_t>(verdict)];
    }
};

} // namespace eddy
