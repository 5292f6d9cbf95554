// SPDX-License-Identifier: BSL-1.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace client {
namespace {

// A bucket's index is the value's exponent and, below it, its first significant bits. That many
// make a bucket at most 1/128 as wide as the values in it.
constexpr int precision = 7;
constexpr std::size_t exponents = 64 - precision;
constexpr std::size_t bucket_count = (exponents + 1) << precision;

int exponent_of(std::uint64_t value) noexcept {
    return std::max(0, static_cast<int>(std::bit_width(value)) - (precision + 1));
}

std::size_t index_of(std::uint64_t value) noexcept {
    const int exponent = exponent_of(value);
    return (static_cast<std::size_t>(exponent) << precision) +
           static_cast<std::size_t>(value >> exponent);
}

/// The largest value of a bucket.
std::uint64_t top_of(std::size_t index) noexcept {
    const std::uint64_t exponent = index < (2U << precision) ? 0 : (index >> precision) - 1;
    const std::uint64_t bits = index - (exponent << precision);
    return ((bits + 1) << exponent) - 1; // of the last bucket: 0 - 1, the largest value there is
}

} // namespace

histogram::histogram() : buckets_(bucket_count) {}

void histogram::record(std::uint64_t value) noexcept {
    ++buckets_[index_of(value)];
    ++count_;
    sum_ += static_cast<double>(value);
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) noexcept {
    std::transform(
        buckets_.begin(), buckets_.end(), other.buckets_.begin(), buckets_.begin(), std::plus<>()
    );
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

double histogram::mean() const noexcept {
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t histogram::at(double quantile) const noexcept {
    const auto rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
    const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
    std::uint64_t seen = 0;
    for (std::size_t index = 0; index != buckets_.size(); ++index) {
        seen += buckets_[index];
        if (seen >= wanted) {
            return std::min(top_of(index), max_);
        }
    }
    return max_;
}

} // namespace client
