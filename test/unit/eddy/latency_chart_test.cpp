// SPDX-License-Identifier: BSL-1.0
#include "latency_chart.hpp"

#include "support/catch.hpp"

#include <string_view>

using client::histogram;
using client::latency_chart;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// To its end, and every number in it is one that a place can be; none of ours is below zero.
bool is_whole(std::string_view chart) {
    return chart.ends_with("</svg>\n") && !contains(chart, "nan") && !contains(chart, "inf") &&
           !contains(chart, "\"-");
}

} // namespace

TEST_CASE(
    "latency chart: values of many sizes, are drawn inside the picture", "[eddy][latency_chart]"
) {
    histogram latency;
    for (std::uint64_t value = 1; value < 10'000'000'000; value = value * 3 + 1) {
        latency.record(value);
    }

    const auto chart = latency_chart(latency, "a < b & c");

    CHECK(chart.starts_with("<svg "));
    CHECK(is_whole(chart));
    CHECK(contains(chart, "a &lt; b &amp; c"));
    CHECK(contains(chart, ">p50 "));
}

TEST_CASE("latency chart: one value or none, is a whole picture", "[eddy][latency_chart]") {
    histogram latency;
    CHECK(contains(latency_chart(latency, "none"), "no message came back"));

    latency.record(GENERATE(as<std::uint64_t>(), 0, 1, 10, 1'000'000));

    const auto chart = latency_chart(latency, "one");
    CHECK(is_whole(chart));
}
