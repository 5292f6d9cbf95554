// SPDX-License-Identifier: BSL-1.0
#include "server/stall_policy.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

using action = stall_policy::action;

constexpr duration limit = 100ms;
constexpr duration tick = stall_policy::period(limit);

/// Looks at the same step for as long.
action look_for(stall_policy& policy, std::uint64_t step, duration time) {
    action last = action::none;
    for (duration past{}; past < time; past += tick) {
        last = policy.on_look(step, tick);
    }
    return last;
}

TEST_CASE("stall_policy: a step that goes on, warned of once and dumped once", "[server]") {
    stall_policy policy(limit);

    CHECK(policy.on_look(7, tick) == action::none); // seen for the first time
    CHECK(look_for(policy, 7, 75ms) == action::none);
    CHECK_FALSE(policy.is_stalled());
    CHECK(policy.on_look(7, tick) == action::warn);
    CHECK(policy.length() == 100ms);
    CHECK(policy.is_stalled());
    CHECK(look_for(policy, 7, 875ms) == action::none);
    CHECK(policy.on_look(7, tick) == action::dump);
    CHECK(policy.length() == 1s);
    CHECK(look_for(policy, 7, 10s) == action::none);
    CHECK(policy.on_look(8, tick) == action::over);
    CHECK(policy.ended() == 11s);
    CHECK(policy.length() == 0s);
    CHECK_FALSE(policy.is_stalled());
}

TEST_CASE("stall_policy: a loop that rests, is never warned of", "[server]") {
    stall_policy policy(limit);
    CHECK(look_for(policy, 0, 1min) == action::none);
    CHECK(policy.length() == 0s);
}

TEST_CASE("stall_policy: many steps one after another, none is warned of", "[server]") {
    stall_policy policy(limit);
    for (std::uint64_t step = 1; step != 100; ++step) {
        CHECK(look_for(policy, step, 100ms) == action::none); // 75 ms after the first look
    }
}

TEST_CASE("stall_policy: a stall that ends in a rest or in a step, over", "[server]") {
    const auto after = GENERATE(std::uint64_t(0), std::uint64_t(6));
    stall_policy policy(limit);
    CHECK(look_for(policy, 5, 125ms) == action::warn);
    CHECK(policy.on_look(after, tick) == action::over);
    CHECK(policy.on_look(after, tick) == action::none);
    CHECK(look_for(policy, 9, 125ms) == action::warn); // the next one counts from 0
    CHECK(policy.length() == 100ms);
}

TEST_CASE("stall_policy: the process stood still, nobody is blamed", "[server]") {
    stall_policy policy(limit);
    CHECK(policy.on_look(5, tick) == action::none);
    CHECK(policy.on_look(5, 12s) == action::none);
    CHECK(policy.length() == 50ms);
    CHECK(policy.on_look(5, tick) == action::none);
    CHECK(policy.on_look(5, tick) == action::warn); // it was the handler after all
}

TEST_CASE("stall_policy: a limit above a second, dumped at twice of it", "[server]") {
    stall_policy policy(2s);
    CHECK(policy.on_look(5, 500ms) == action::none);
    for (int looks = 1; looks <= 8; ++looks) {
        const auto expected = looks == 4 ? action::warn : looks == 8 ? action::dump : action::none;
        CHECK(policy.on_look(5, 500ms) == expected);
    }
}

} // namespace
} // namespace eddy::detail
