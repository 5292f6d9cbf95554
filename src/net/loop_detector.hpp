// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/address.hpp>

#include "net/recent_table.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace eddy::detail {

/// Notices two services that answer one another: the same datagram comes from the same peer again
/// and again. Silence ends it, since each of the two only answers.
class loop_detector {
public:
    enum class finding {
        fine,
        begins,  ///< It is a loop: the peer is silenced from now on.
        silenced ///< The peer of an earlier loop.
    };

    /// @param repeats More than so many in a second are a loop; zero: never.
    loop_detector(std::uint32_t repeats, duration silence);

    finding look(const address& peer, std::span<const std::byte> data, time_point now) noexcept;

private:
    struct repetition {
        std::uint64_t key = 0; // of peer and data
        time_point began = time_point::min();
        std::uint32_t count = 0;
    };
    struct silenced_peer {
        std::uint64_t key = 0;
        time_point until = time_point::min();
    };

    std::uint32_t repeats_;
    duration silence_;
    recent_table<repetition> repeated_;
    recent_table<silenced_peer> silenced_;
};

} // namespace eddy::detail
