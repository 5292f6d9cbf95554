// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/address_range.hpp>

#include <cstdint>
#include <vector>

namespace eddy {

/// Who is answered, and how often. Zero switches a rule off.
struct reply_rules {
    /// Ranges of addresses that are answered; none: all. Unix sockets are always answered.
    std::vector<address_range> allow = {};
    /// Answers a second to one IPv4 address or to the /64 of an IPv6 one, and twice as many at once
    /// after two quiet seconds. This machine has as many as it likes: nobody else can forge it.
    std::uint32_t rate_per_source = 50;
    /// The same for all sources together.
    std::uint32_t rate = 10'000;
    /// The same datagram from the same peer so many times in a second is a loop: two services that
    /// answer one another.
    std::uint32_t repeats = 20;
    /// How long a peer with a loop is not answered.
    duration silence = std::chrono::seconds(60);
    /// Bytes that a peer may be sent for each byte that came from it, both counted with the 28 of
    /// the headers (RFC 9000, 8); see `reply_guard::may_send`. When zero, peers are not remembered
    /// and `reply_guard::confirm` does nothing.
    std::uint32_t amplification = 3;

    /// Of Eddy's own services: loopback and the addresses of a site; no amplification, since their
    /// answers are about as long as what they answer.
    [[nodiscard]] EDDY_EXPORT static reply_rules of_service();
};

} // namespace eddy
