// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace client {

/// Counts values of any size in memory of one size, and gives percentiles that are off by less than
/// 1 % (log-linear buckets, as Gil Tene's HdrHistogram has them).
///
/// Values below 256 have a bucket each. From there every power of two is cut into 128 buckets.
class histogram {
public:
    histogram();

    void record(std::uint64_t value) noexcept;

    /// Adds what another one has recorded.
    void merge(const histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }

    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

    [[nodiscard]] double mean() const noexcept;

    /// The value that a share `quantile` (0 to 1) of all values does not exceed: never below the
    /// exact one, and less than 1 % above it. 0 when nothing was recorded.
    [[nodiscard]] std::uint64_t at(double quantile) const noexcept;

private:
    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = UINT64_MAX;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

} // namespace client
