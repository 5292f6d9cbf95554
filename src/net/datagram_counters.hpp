// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_stats.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace eddy::detail {

/// A number that one thread counts and any thread reads.
class relaxed_count {
public:
    std::uint64_t add(std::uint64_t more) noexcept {
        const auto sum = load() + more;
        store(sum);
        return sum;
    }
    void subtract(std::uint64_t less) noexcept { store(load() - less); }
    void store(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t load() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// `datagram_stats` while they are counted: on the loop of the socket, shared with whoever reports.
struct datagram_counters {
    relaxed_count received;
    relaxed_count sent;
    relaxed_count truncated;
    relaxed_count overflows;
    relaxed_count receive_errors;
    relaxed_count send_errors;
    relaxed_count broken; // 1 when nothing more can be received
    std::array<relaxed_count, reply_verdicts> judged;

    /// Adds what has been counted so far.
    void add_to(datagram_stats& sum) const noexcept {
        sum.received += received.load();
        sum.sent += sent.load();
        sum.truncated += truncated.load();
        sum.overflows += overflows.load();
        sum.receive_errors += receive_errors.load();
        sum.send_errors += send_errors.load();
        for (std::size_t i = 0; i != reply_verdicts; ++i) {
            sum.judged[i] += judged[i].load();
        }
    }
};

} // namespace eddy::detail
