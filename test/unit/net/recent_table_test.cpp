// SPDX-License-Identifier: BSL-1.0
#include "net/recent_table.hpp"

#include "support/catch.hpp"

namespace eddy::detail {
namespace {

struct entry {
    std::uint64_t key = 0;
    int value = 0;
};

TEST_CASE("recent_table: a key, is found again with what was kept", "[net][recent_table]") {
    recent_table<entry> table(64);

    CHECK(table.find(7) == nullptr);
    table.enter(7).value = 42;
    CHECK(table.enter(7).value == 42);
    REQUIRE(table.find(7) != nullptr);
    CHECK(table.find(7)->value == 42);
    CHECK(table.find(8) == nullptr);
}

TEST_CASE("recent_table: key 0, is a key and no free place", "[net][recent_table]") {
    recent_table<entry> table(8);

    CHECK(table.find(0) == nullptr);
    table.enter(0).value = 1;
    CHECK(table.enter(0).value == 1);
}

TEST_CASE("recent_table: full, forgets what was used longest ago", "[net][recent_table]") {
    recent_table<entry> table(8); // one set of eight
    for (std::uint64_t key = 1; key <= 8; ++key) {
        table.enter(key).value = static_cast<int>(key);
    }

    CHECK(table.enter(1).value == 1); // used again: 2 is the oldest now
    CHECK(table.enter(9).value == 0);

    CHECK(table.find(2) == nullptr);
    for (const unsigned key : {1U, 3U, 4U, 5U, 6U, 7U, 8U, 9U}) {
        CAPTURE(key);
        CHECK(table.find(key) != nullptr);
    }
}

TEST_CASE(
    "recent_table: far more keys than room, knows no more than its room", "[net][recent_table]"
) {
    recent_table<entry> table(100); // becomes 128
    for (std::uint64_t key = 1; key <= 10'000; ++key) {
        table.enter(key);
    }

    int known = 0;
    for (std::uint64_t key = 1; key <= 10'000; ++key) {
        known += table.find(key) != nullptr ? 1 : 0;
    }
    CHECK(known == 128);
}

} // namespace
} // namespace eddy::detail
