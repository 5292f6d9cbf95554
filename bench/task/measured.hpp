// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

/// Calls of malloc and its kin so far in this process.
std::uint64_t allocations() noexcept;

/// CPU time of this process in ns.
double cpu_ns() noexcept;

/// What one `co_await` costs in a steady state.
struct measured {
    double ns = 0;
    double allocations = 0;
};

/// The costs of the awaits that a handler is made of.
struct await_costs {
    measured child;   ///< a child coroutine that finishes at once
    measured chain;   ///< four children inside each other, of which the innermost finishes at once
    measured waiting; ///< a child coroutine that waits for the loop once
};

await_costs measure_eddy_task(unsigned awaits);
await_costs measure_asio_awaitable(unsigned awaits);

/// Reads the clocks around `awaits` awaits; both measurements use it inside a coroutine.
class stretch {
public:
    stretch() noexcept : allocations_(allocations()), started_(cpu_ns()) {}

    [[nodiscard]] measured per(unsigned awaits) const noexcept {
        const double ns = cpu_ns() - started_;
        const auto made = static_cast<double>(allocations() - allocations_);
        return {ns / awaits, made / awaits};
    }

private:
    std::uint64_t allocations_;
    double started_;
};
