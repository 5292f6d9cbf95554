// SPDX-License-Identifier: BSL-1.0
#include "net/service_order.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace {

using eddy::service_record;
using eddy::detail::service_order;

std::string names(const std::vector<service_record>& records) {
    std::string joined;
    for (const auto& each : records) {
        joined += each.target;
    }
    return joined;
}

/// How often each of them is the first, of a thousand seeds.
std::map<std::string, int> firsts(const std::vector<service_record>& records) {
    std::map<std::string, int> counts;
    for (std::uint64_t seed = 0; seed != 1000; ++seed) {
        ++counts[service_order(records, seed).front().target];
    }
    return counts;
}

TEST_CASE("service_order: the lowest priority first, whatever the weights", "[net][srv]") {
    const std::vector<service_record> records{
        {"c", 1, 30, 0}, {"a", 1, 10, 1}, {"b", 1, 20, 65535}
    };
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        CHECK(names(service_order(records, seed)) == "abc");
    }
}

TEST_CASE("service_order: among equals, after the weights", "[net][srv]") {
    auto counts = firsts({{"a", 1, 0, 60}, {"b", 1, 0, 30}, {"c", 1, 0, 10}});

    CHECK(counts["a"] > 550);
    CHECK(counts["a"] < 650);
    CHECK(counts["b"] > 250);
    CHECK(counts["b"] < 350);
    CHECK(counts["c"] > 60);
    CHECK(counts["c"] < 140);
}

TEST_CASE("service_order: no weight beside weights, seldom the first", "[net][srv]") {
    auto counts = firsts({{"heavy", 1, 0, 99}, {"none", 1, 0, 0}});

    CHECK(counts["none"] > 0);
    CHECK(counts["none"] < 40);
}

TEST_CASE("service_order: nobody has a weight, as they are sent", "[net][srv]") {
    const std::vector<service_record> records{{"a", 1, 0, 0}, {"b", 1, 0, 0}, {"c", 1, 0, 0}};

    CHECK(names(service_order(records, 7)) == "abc");
}

TEST_CASE("service_order: all of them, once, with the largest weights", "[net][srv]") {
    std::vector<service_record> records;
    for (char name = 'a'; name != 'q'; ++name) {
        records.push_back({std::string(1, name), 1, 0, 65535});
    }
    auto ordered = names(service_order(records, 3));
    CHECK(ordered != names(records));
    std::sort(ordered.begin(), ordered.end());
    CHECK(ordered == names(records));
    CHECK(service_order({}, 1).empty());
}

} // namespace
