// SPDX-License-Identifier: BSL-1.0
#include "net/idle_policy.hpp"

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using eddy::deadline;
using eddy::duration;
using eddy::pool_options;
using eddy::time_point;
using eddy::detail::idle_times;
using eddy::detail::idle_verdict;
using eddy::detail::judge_idle;
using eddy::detail::next_judgement;

constexpr time_point start{1h};

eddy::task<bool> works(eddy::session&) {
    co_return true;
}

TEST_CASE("idle_policy: what becomes of an idle session, and when", "[net][pool]") {
    struct row {
        const char* name;
        duration max_idle;
        bool is_checked;
        duration ends;     // from the start, when it was leased last
        duration answered; // the same
        duration now;
        idle_verdict verdict;
        duration next;
    };
    const auto each = GENERATE(values<row>({
        {"new", 60s, false, 30min, 0s, 1s, idle_verdict::keep, 60s},
        {"too idle", 60s, false, 30min, 0s, 60s, idle_verdict::too_idle, 60s},
        {"too old before", 60s, false, 20s, 0s, 20s, idle_verdict::too_old, 20s},
        {"both: its age counts", 60s, false, 20s, 0s, 70s, idle_verdict::too_old, 20s},
        {"no limit of idleness", 0s, false, 30min, 0s, 29min, idle_verdict::keep, 30min},
        {"time for a check", 60s, true, 30min, 0s, 10s, idle_verdict::check, 10s},
        {"checked since", 60s, true, 30min, 10s, 19s, idle_verdict::keep, 20s},
        {"checked, and too idle", 60s, true, 30min, 50s, 60s, idle_verdict::too_idle, 60s},
    }));
    INFO(each.name);
    pool_options options{.max_idle = each.max_idle, .check_interval = 10s};
    if (each.is_checked) {
        options.check = works;
    }
    const idle_times times{deadline(start + each.ends), start, start + each.answered};

    CHECK(judge_idle(options, times, start + each.now) == each.verdict);
    CHECK(next_judgement(options, times) == deadline(start + each.next));
}

TEST_CASE("idle_policy: the age, up to a tenth less by chance", "[net][pool]") {
    eddy::detail::split_mix random(1);
    auto earliest = deadline::never();
    auto latest = deadline(start);
    for (int i = 0; i != 1000; ++i) {
        const auto end = eddy::detail::end_by_age({.max_age = 10min}, start, random);
        earliest = std::min(earliest, end);
        latest = std::max(latest, end);
    }

    CHECK(earliest >= deadline(start + 9min));
    CHECK(earliest < deadline(start + 9min + 6s));
    CHECK(latest <= deadline(start + 10min));
    CHECK(latest > deadline(start + 10min - 6s));
    CHECK(eddy::detail::end_by_age({.max_age = 0s}, start, random).is_never());
    const pool_options forever{.max_age = duration::max()};
    CHECK(eddy::detail::end_by_age(forever, start, random) > deadline(start));
}

TEST_CASE("pool_options: out of range, refused by name", "[net][pool]") {
    using eddy::detail::check_pool_options;
    CHECK_NOTHROW(check_pool_options({}));
    CHECK_THROWS_WITH(check_pool_options({.max_sessions = 0}), Contains("max_sessions"));
    CHECK_THROWS_WITH(check_pool_options({.check_interval = 0s}), Contains("check_interval"));
    CHECK_THROWS_WITH(check_pool_options({.check_timeout = 0s}), Contains("check_timeout"));
}

} // namespace
