// SPDX-License-Identifier: BSL-1.0
#include "server/drain_policy.hpp"

#include "support/catch.hpp"

#include <functional>
#include <vector>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

using phase = drain_policy::phase;
using action = drain_policy::action;

constexpr time_point start{};

/// One event, with what must come of it.
struct step {
    enum class kind { request, force, time, empty } what;
    duration at;
    action expected;
    phase entered;
};

TEST_CASE("drain_policy: sequences of events, as the table says", "[server][drain_policy]") {
    using kind = step::kind;
    const auto steps = GENERATE(values<std::vector<step>>({
        // All sessions finish in time.
        {{kind::request, 0s, action::drain, phase::draining},
         {kind::time, 5s, action::none, phase::draining},
         {kind::empty, 6s, action::finish, phase::stopped},
         {kind::empty, 6s, action::none, phase::stopped}},
        // Some do not: stopped at the deadline, forced after the grace.
        {{kind::request, 0s, action::drain, phase::draining},
         {kind::time, 10s, action::stop, phase::stopping},
         {kind::time, 11s, action::none, phase::stopping},
         {kind::time, 12s, action::force, phase::forcing},
         {kind::empty, 12s, action::finish, phase::stopped}},
        // Stopped tasks end by themselves.
        {{kind::request, 0s, action::drain, phase::draining},
         {kind::time, 10s, action::stop, phase::stopping},
         {kind::empty, 11s, action::finish, phase::stopped}},
        // A second request forces, in each phase.
        {{kind::request, 0s, action::drain, phase::draining},
         {kind::request, 1s, action::force, phase::forcing},
         {kind::request, 2s, action::none, phase::forcing},
         {kind::time, 99s, action::none, phase::forcing},
         {kind::empty, 99s, action::finish, phase::stopped}},
        {{kind::request, 0s, action::drain, phase::draining},
         {kind::time, 10s, action::stop, phase::stopping},
         {kind::request, 10s, action::force, phase::forcing}},
        // Stop without a drain.
        {{kind::force, 0s, action::force, phase::forcing},
         {kind::empty, 0s, action::finish, phase::stopped}},
        // Every listener has ended by itself.
        {{kind::empty, 0s, action::finish, phase::stopped},
         {kind::request, 0s, action::none, phase::stopped},
         {kind::force, 0s, action::none, phase::stopped}},
    }));
    drain_policy policy;

    for (const auto& each : steps) {
        action done = action::none;
        switch (each.what) {
        case kind::request:
            done = policy.on_request(start + each.at, 10s);
            break;
        case kind::force:
            done = policy.on_force();
            break;
        case kind::time:
            done = policy.on_time(start + each.at);
            break;
        case kind::empty:
            done = policy.on_empty();
            break;
        }
        CHECK(done == each.expected);
        CHECK(policy.current() == each.entered);
    }
}

TEST_CASE("drain_policy: a timeout of zero or without end", "[server][drain_policy]") {
    drain_policy at_once;
    at_once.on_request(start, 0s);
    CHECK(at_once.on_time(start) == action::stop);

    drain_policy endless;
    endless.on_request(start, duration::max());
    CHECK(endless.next().is_never());
    CHECK(endless.on_time(start + 1000h) == action::none);
}

} // namespace
} // namespace eddy::detail
