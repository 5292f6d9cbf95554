// SPDX-License-Identifier: BSL-1.0
#include "histogram.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using client::histogram;

namespace {

/// Values of every magnitude.
std::vector<std::uint64_t> random_values(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> values(count);
    for (auto& value : values) {
        value = random() >> (random() % 64);
    }
    return values;
}

histogram made_of(const std::vector<std::uint64_t>& values) {
    histogram all;
    for (const auto value : values) {
        all.record(value);
    }
    return all;
}

/// What `at` comes close to.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double quantile) {
    const auto rank = std::ceil(quantile * static_cast<double>(sorted.size()));
    return sorted[std::max<std::size_t>(1, static_cast<std::size_t>(rank)) - 1];
}

} // namespace

TEST_CASE("histogram: nothing recorded, all is zero", "[eddy][histogram]") {
    const histogram empty;

    CHECK(empty.count() == 0);
    CHECK(empty.min() == 0);
    CHECK(empty.max() == 0);
    CHECK(empty.mean() == 0);
    CHECK(empty.at(0.5) == 0);
}

TEST_CASE("histogram: one value, every percentile is it", "[eddy][histogram]") {
    const std::uint64_t value = GENERATE(
        as<std::uint64_t>(),
        0,
        1,
        127,
        128,
        255,
        256,
        257,
        511,
        512,
        1'000'000,
        std::uint64_t(1) << 63,
        UINT64_MAX - 1,
        UINT64_MAX
    );
    const auto one = made_of({value});

    for (const double quantile : {0.0, 0.5, 0.999, 1.0}) {
        CHECK(one.at(quantile) == value);
    }
    CHECK(one.min() == value);
    CHECK(one.max() == value);
}

TEST_CASE("histogram: small values, percentiles are exact", "[eddy][histogram]") {
    std::vector<std::uint64_t> values(256);
    for (std::size_t i = 0; i != values.size(); ++i) {
        values[i] = i;
    }
    const auto all = made_of(values);

    for (double quantile = 0; quantile <= 1; quantile += 1.0 / 512) {
        CHECK(all.at(quantile) == exact(values, quantile));
    }
}

TEST_CASE(
    "histogram: any values, percentiles are never below and less than 1 % above",
    "[eddy][histogram]"
) {
    const auto seed = GENERATE(range(0U, 20U));
    auto values = random_values(1 + seed * 500, seed);
    const auto all = made_of(values);
    std::sort(values.begin(), values.end());

    for (const double quantile : {0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto wanted = exact(values, quantile);
        const auto found = all.at(quantile);
        CAPTURE(quantile, wanted, found);
        CHECK(found >= wanted);
        CHECK(found - wanted <= wanted / 100);
    }
    CHECK(all.at(1) == values.back());
    CHECK(all.count() == values.size());
    CHECK(all.min() == values.front());
    CHECK(all.max() == values.back());
}

TEST_CASE("histogram: merged, same as all recorded in one", "[eddy][histogram]") {
    const auto first = random_values(1000, 1);
    const auto second = random_values(500, 2);
    auto both = first;
    both.insert(both.end(), second.begin(), second.end());
    const auto wanted = made_of(both);

    auto merged = made_of(first);
    merged.merge(made_of(second));
    merged.merge(histogram());

    CHECK(merged.count() == wanted.count());
    CHECK(merged.min() == wanted.min());
    CHECK(merged.max() == wanted.max());
    CHECK(std::abs(merged.mean() - wanted.mean()) <= wanted.mean() * 1e-9); // sums of doubles
    for (const double quantile : {0.1, 0.5, 0.9, 0.99}) {
        CHECK(merged.at(quantile) == wanted.at(quantile));
    }
}
