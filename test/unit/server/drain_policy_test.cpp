// SPDX-License-Identifier: BSL-1.0
#include "server/drain_policy.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

using phase = drain_policy::phase;
using action = drain_policy::action;

constexpr time_point start{};

/// Brings a policy into a phase at `start`: with a delay of 5 s and a timeout of 10 s.
drain_policy policy_in(phase wanted) {
    drain_policy made;
    if (wanted == phase::running) {
        return made;
    }
    if (wanted == phase::stopped) {
        made.on_empty();
    } else if (wanted == phase::forcing) {
        made.on_force();
    } else {
        made.on_request(start, wanted == phase::lame_duck ? 5s : 0s, 10s);
    }
    if (wanted == phase::stopping) {
        made.on_time(start + 10s);
    }
    REQUIRE(made.current() == wanted);
    return made;
}

enum class what { request, request_without_delay, force, time, empty };

action tell(drain_policy& policy, what happens, time_point now) {
    switch (happens) {
    case what::request:
        return policy.on_request(now, 5s, 10s);
    case what::request_without_delay:
        return policy.on_request(now, 0s, 10s);
    case what::force:
        return policy.on_force();
    case what::time:
        return policy.on_time(now);
    case what::empty:
        break;
    }
    return policy.on_empty();
}

TEST_CASE("drain_policy: each event in each phase, as the table says", "[server][drain_policy]") {
    struct row {
        phase before;
        what happens;
        action expected;
        phase after;
    };
    const auto [before, happens, expected, after] = GENERATE(values<row>({
        {phase::running, what::request, action::announce, phase::lame_duck},
        {phase::running, what::request_without_delay, action::drain, phase::draining},
        {phase::running, what::force, action::force, phase::forcing},
        {phase::running, what::time, action::none, phase::running},
        {phase::running, what::empty, action::finish, phase::stopped},

        {phase::lame_duck, what::request, action::force, phase::forcing},
        {phase::lame_duck, what::request_without_delay, action::force, phase::forcing},
        {phase::lame_duck, what::force, action::force, phase::forcing},
        {phase::lame_duck, what::time, action::drain, phase::draining},
        {phase::lame_duck, what::empty, action::finish, phase::stopped},

        {phase::draining, what::request, action::force, phase::forcing},
        {phase::draining, what::force, action::force, phase::forcing},
        {phase::draining, what::time, action::stop, phase::stopping},
        {phase::draining, what::empty, action::finish, phase::stopped},

        {phase::stopping, what::request, action::force, phase::forcing},
        {phase::stopping, what::force, action::force, phase::forcing},
        {phase::stopping, what::time, action::force, phase::forcing},
        {phase::stopping, what::empty, action::finish, phase::stopped},

        {phase::forcing, what::request, action::none, phase::forcing},
        {phase::forcing, what::force, action::none, phase::forcing},
        {phase::forcing, what::time, action::none, phase::forcing},
        {phase::forcing, what::empty, action::finish, phase::stopped},

        {phase::stopped, what::request, action::none, phase::stopped},
        {phase::stopped, what::force, action::none, phase::stopped},
        {phase::stopped, what::time, action::none, phase::stopped},
        {phase::stopped, what::empty, action::none, phase::stopped},
    }));
    auto policy = policy_in(before);
    CAPTURE(static_cast<int>(before), static_cast<int>(happens));

    CHECK(tell(policy, happens, start + 1h) == expected);
    CHECK(policy.current() == after);
}

TEST_CASE("drain_policy: time, counted from where a phase began", "[server][drain_policy]") {
    drain_policy policy;
    policy.on_request(start, 5s, 10s);

    CHECK(policy.on_time(start + 5s - 1ns) == action::none);
    CHECK(policy.next().at() == start + 5s);
    CHECK(policy.on_time(start + 6s) == action::drain); // a second late
    CHECK(policy.next().at() == start + 16s);
    CHECK(policy.on_time(start + 16s - 1ns) == action::none);
    CHECK(policy.on_time(start + 16s) == action::stop);
    CHECK(policy.next().at() == start + 18s);
    CHECK(policy.on_time(start + 18s - 1ns) == action::none);
    CHECK(policy.on_time(start + 18s) == action::force);
    CHECK(policy.next().is_never());
}

TEST_CASE("drain_policy: a timeout of zero or without end", "[server][drain_policy]") {
    drain_policy at_once;
    at_once.on_request(start, 0s, 0s);
    CHECK(at_once.on_time(start) == action::stop);

    drain_policy endless;
    endless.on_request(start, 0s, duration::max());
    CHECK(endless.next().is_never());
    CHECK(endless.on_time(start + 1000h) == action::none);
}

TEST_CASE("drain_pace: idle sessions, after the grace and evenly", "[server][drain_pace]") {
    const drain_pace pace(start, deadline(start + 60s), 2s, 10s);

    CHECK(pace.first() == start + 2s);
    CHECK(pace.at(0, 4) == start + 2s);
    CHECK(pace.at(1, 4) == start + 4s + 500ms);
    CHECK(pace.at(3, 4) == start + 9s + 500ms);
    CHECK(pace.at(0, 1) == start + 2s);
}

TEST_CASE("drain_pace: a spread of zero, all of them with the first", "[server][drain_pace]") {
    const drain_pace pace(start, deadline(start + 60s), 0s, 0s);

    CHECK(pace.at(0, 1000) == start);
    CHECK(pace.at(999, 1000) == start);
}

TEST_CASE("drain_pace: grace and spread, within what the drain may take", "[server][drain_pace]") {
    const drain_pace long_spread(start, deadline(start + 10s), 4s, 1h);
    CHECK(long_spread.first() == start + 4s);
    CHECK(long_spread.at(1, 2) == start + 7s);
    CHECK(long_spread.at(999, 1000) < start + 10s);

    const drain_pace long_grace(start, deadline(start + 10s), 1h, 1h);
    CHECK(long_grace.first() == start + 10s);
    CHECK(long_grace.at(1, 2) == start + 10s);

    const drain_pace endless(start, deadline::never(), 4s, 24h);
    CHECK(endless.first() == start + 4s);
    CHECK(endless.at(5'000'000, 10'000'000) == start + 4s + 12h);
}

} // namespace
} // namespace eddy::detail
