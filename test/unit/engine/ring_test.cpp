// SPDX-License-Identifier: BSL-1.0
#ifdef EDDY_HAS_URING
#include "engine/uring/ring.hpp"

#include "support/catch.hpp"
#include "support/engines.hpp"

#include <cstdint>
#include <vector>

namespace eddy::detail {
namespace {

using numbers = std::vector<std::uint64_t>;

/// Asks for the next `count` that come at once, as far as there is room.
void ask(ring& where, numbers& asked, std::size_t count) {
    for (; count != 0; --count) {
        ::io_uring_sqe* entry = where.prepare();
        if (!entry) {
            return;
        }
        ::io_uring_prep_nop(entry);
        asked.push_back(asked.size());
        entry->user_data = asked.back();
    }
}

TEST_CASE("ring: more completions than its queue has room for, all come in their order") {
    if (!test::has_engine("uring")) {
        return;
    }
    ring tested;
    REQUIRE(tested.bind());
    numbers asked;
    for (int i = 0; i < 20; ++i) {
        ask(tested, asked, 250);
        tested.submit();
    }
    REQUIRE(asked.size() == 5000);

    numbers completed;
    tested.reap([&](const ::io_uring_cqe& each) { completed.push_back(each.user_data); });

    CHECK(completed == asked);
}

TEST_CASE("ring: has no room for more requests until they are submitted") {
    if (!test::has_engine("uring")) {
        return;
    }
    ring tested;
    REQUIRE(tested.bind());
    numbers asked;
    ask(tested, asked, 1000);
    CHECK(asked.size() < 1000);
    const std::size_t room = asked.size();

    tested.submit();

    ask(tested, asked, 1);
    CHECK(asked.size() == room + 1);
}

TEST_CASE("ring: a request that is taken back before it is submitted never comes out") {
    if (!test::has_engine("uring")) {
        return;
    }
    ring tested;
    REQUIRE(tested.bind());
    numbers asked(1); // numbers from 1: what was taken back has none
    ask(tested, asked, 3);
    CHECK(tested.take_back(2));
    CHECK_FALSE(tested.take_back(2));
    CHECK_FALSE(tested.take_back(7));
    tested.submit();
    CHECK_FALSE(tested.take_back(3));

    numbers completed;
    tested.reap([&](const ::io_uring_cqe& each) { completed.push_back(each.user_data); });

    CHECK(completed == numbers{1, 0, 3});
}

} // namespace
} // namespace eddy::detail
#endif
