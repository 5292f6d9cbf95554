// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <algorithm>
#include <cstdint>

namespace eddy::detail {

/// How many may pass: `rate` a second, and as many at once as come in `burst` after a quiet time.
/// A rate of zero lets everything pass.
struct rate_limit {
    rate_limit(std::uint32_t rate, duration depth) noexcept
        : interval(rate == 0 ? duration::zero() : duration(std::chrono::seconds(1)) / rate),
          burst(depth) {}

    duration interval;
    duration burst;
};

/// A token bucket in one number: the time at which it is full again.
struct rate_bucket {
    /// Whether one may pass now; then it has.
    bool take(const rate_limit& limit, time_point now) noexcept {
        const time_point from = std::max(full_at, now);
        if (from - now > limit.burst - limit.interval) {
            return false;
        }
        full_at = from + limit.interval;
        return true;
    }

    time_point full_at = time_point::min();
};

} // namespace eddy::detail
