// SPDX-License-Identifier: BSL-1.0
#include "server/memory_policy.hpp"

#include "support/catch.hpp"

#include <vector>

namespace eddy::detail {
namespace {

using phase = memory_policy::phase;
constexpr auto no_limit = memory_policy::order::no_limit;

/// What is there, and what must come of it.
struct step {
    memory_policy::load load;
    phase entered;
    std::size_t share;
    bool is_release;
    std::size_t to_free;
};

void check_steps(memory_policy& policy, const std::vector<step>& steps) {
    for (const auto& each : steps) {
        CAPTURE(each.load.buffers, each.load.frames);
        const auto order = policy.look(each.load);
        CHECK(policy.current() == each.entered);
        CHECK(order.share == each.share);
        CHECK(order.is_release == each.is_release);
        CHECK(order.to_free == each.to_free);
    }
}

TEST_CASE("memory_policy: both marks, as the table says", "[server][memory_policy]") {
    memory_policy policy({.soft = 800, .hard = 1600});
    CHECK(policy.lower_mark() == 800);
    check_steps(
        policy,
        {
            {{.buffers = 800, .sessions = 4}, phase::calm, no_limit, false, 0},
            {{.buffers = 801, .sessions = 4}, phase::holding, 200, false, 0},
            {{.buffers = 800, .sessions = 4}, phase::holding, no_limit, false, 0},
            {{.buffers = 701, .sessions = 4}, phase::holding, no_limit, false, 0},
            {{.buffers = 700, .sessions = 4}, phase::calm, no_limit, true, 0},
            {{.buffers = 701, .sessions = 4}, phase::calm, no_limit, false, 0},
            {{.buffers = 1600, .sessions = 8}, phase::holding, 100, false, 0},
            {{.buffers = 1601, .sessions = 8}, phase::closing, 100, false, 1},
            {{.buffers = 1500, .sessions = 8}, phase::closing, 100, false, 0},
            {{.buffers = 1700, .sessions = 8}, phase::closing, 100, false, 100},
            {{.buffers = 750, .sessions = 8}, phase::closing, no_limit, false, 0},
            {{.buffers = 0, .sessions = 0}, phase::calm, no_limit, true, 0},
        }
    );
}

TEST_CASE(
    "memory_policy: coroutines count, and leave the less to share", "[server][memory_policy]"
) {
    memory_policy policy({.soft = 800, .hard = 1600});
    check_steps(
        policy,
        {
            {{.buffers = 401, .frames = 400, .sessions = 4}, phase::holding, 100, false, 0},
            {{.buffers = 1, .frames = 800, .sessions = 4}, phase::holding, 0, false, 0},
            {{.buffers = 0, .frames = 1601, .sessions = 4}, phase::closing, 0, false, 1},
            {{.buffers = 300, .frames = 400, .sessions = 4}, phase::calm, no_limit, true, 0},
        }
    );
}

TEST_CASE("memory_policy: only a soft mark, closes nobody", "[server][memory_policy]") {
    memory_policy policy({.soft = 800});
    check_steps(policy, {{{.buffers = 100'000, .sessions = 0}, phase::holding, 800, false, 0}});
}

TEST_CASE("memory_policy: only a hard mark, holds nobody back", "[server][memory_policy]") {
    memory_policy policy({.hard = 800});
    CHECK(policy.lower_mark() == 800);
    check_steps(
        policy,
        {
            {{.buffers = 800, .sessions = 4}, phase::calm, no_limit, false, 0},
            {{.buffers = 810, .sessions = 4}, phase::closing, no_limit, false, 10},
            {{.buffers = 750, .sessions = 4}, phase::closing, no_limit, false, 0},
            {{.buffers = 700, .sessions = 4}, phase::calm, no_limit, true, 0},
        }
    );
}

TEST_CASE("memory_policy: no mark, never has anything to do", "[server][memory_policy]") {
    memory_policy policy({});
    CHECK(policy.lower_mark() == no_limit);
    const auto order = policy.look({.buffers = no_limit / 2, .frames = 5, .sessions = 1});
    CHECK(order.share == no_limit);
    CHECK(order.to_free == 0);
    CHECK(policy.current() == phase::calm);
}

} // namespace
} // namespace eddy::detail
