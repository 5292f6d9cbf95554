// SPDX-License-Identifier: BSL-1.0
#include "net/connect_plan.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::connect_options;
using eddy::deadline;
using eddy::duration;
using eddy::errc;
using eddy::time_point;
using eddy::detail::connect_plan;
using kind = connect_plan::step::kind;

constexpr time_point start{1h};

eddy::error_code refused() {
    return make_error_code(std::errc::connection_refused);
}

/// What the plan does while everything fails at once: "0 1 | 0 1" with a bar for each pause.
std::string all_refused(connect_plan plan, eddy::error_code why = refused()) {
    std::string done;
    time_point now = start;
    for (auto todo = plan.next(now); todo.what != kind::end; todo = plan.next(now)) {
        done += done.empty() ? "" : " ";
        if (todo.what == kind::pause) {
            done += '|';
            now = todo.until.at();
        } else {
            done += std::to_string(todo.target);
            plan.failed(why);
        }
    }
    return done;
}

/// Pauses of 100, 200, 400 ms …
eddy::retry_options retry(unsigned attempts, duration total = 0s) {
    return {.attempts = attempts, .total = total, .pause = {.jitter = eddy::jitter::none}};
}

TEST_CASE("connect_plan: everything refuses, tries in turn and as often as asked", "[net][retry]") {
    struct row {
        const char* name;
        std::size_t targets;
        eddy::retry_options retry;
        const char* done;
    };
    const auto each = GENERATE(values<row>({
        {"one endpoint, no retry", 1, {}, "0"},
        {"three endpoints, no retry", 3, {}, "0 1 2"},
        {"one endpoint, three attempts", 1, retry(3), "0 | 0 | 0"},
        {"two endpoints, two attempts each", 2, retry(2), "0 1 | 0 1"},
        {"no limit but time: pauses of 100, 200 and 400 ms fit", 1, retry(0, 1s), "0 | 0 | 0 | 0"},
        {"the pause would end with the time", 1, retry(0, 100ms), "0"},
        {"the attempts are used up before the time", 1, retry(2, 1h), "0 | 0"},
    }));
    INFO(each.name);

    CHECK(all_refused(connect_plan(each.targets, {.retry = each.retry}, start, 1)) == each.done);
}

TEST_CASE("connect_plan: an error that is not worth it, not tried again", "[net][retry]") {
    const connect_options options{.retry = retry(3)};

    CHECK(all_refused(connect_plan(1, options, start, 1), errc::no_such_host) == "0");
    CHECK(all_refused(connect_plan(2, options, start, 1), errc::no_such_host) == "0 1");

    SECTION("the others go on") {
        connect_plan plan(2, options, start, 1);
        static_cast<void>(plan.next(start));
        plan.failed(errc::no_such_host);
        static_cast<void>(plan.next(start));
        plan.failed(refused());
        CHECK(plan.next(start).what == kind::pause);
        CHECK(plan.next(start + 100ms).target == 1);
    }
    SECTION("the caller has his own view of what is worth it") {
        auto always = options;
        always.retry.is_worth = [](eddy::error_code) noexcept { return true; };
        CHECK(all_refused(connect_plan(1, always, start, 1), errc::no_such_host) == "0 | 0 | 0");
    }
}

TEST_CASE("connect_plan: an attempt ends by its own limit or that of all", "[net][retry]") {
    SECTION("its own") {
        connect_plan plan(1, {.timeout = 2s, .retry = retry(2, 10s)}, start, 1);
        CHECK(plan.next(start).until == deadline(start + 2s));
    }
    SECTION("that of all") {
        connect_plan plan(1, {.timeout = 20s, .retry = retry(2, 10s)}, start, 1);
        CHECK(plan.next(start).until == deadline(start + 10s));
        plan.failed(errc::timed_out);
        CHECK(plan.next(start + 10s).what == kind::end);
    }
    SECTION("no limit at all") {
        connect_plan plan(1, {.timeout = duration::max()}, start, 1);
        CHECK(plan.next(start).until.is_never());
    }
}

TEST_CASE("connect_plan: shuffled, each round has its own order", "[net][retry]") {
    const connect_options options{.order = eddy::endpoint_order::shuffled, .retry = retry(40)};
    std::set<std::string> rounds;
    std::set<char> firsts;
    const auto done = all_refused(connect_plan(3, options, start, 5)) + " |";
    for (std::size_t at = 0; at < done.size(); at += 8) { // "0 1 2 | "
        auto round = done.substr(at, 5);
        firsts.insert(round[0]);
        rounds.insert(round);
        std::sort(round.begin(), round.end());
        CHECK(round == "  012");
    }

    CHECK(rounds.size() == 6);
    CHECK(firsts.size() == 3);
    CHECK(done == all_refused(connect_plan(3, options, start, 5)) + " |");
}

TEST_CASE("connect_plan: tells how each endpoint failed", "[net][retry]") {
    connect_plan plan(2, {.retry = retry(2)}, start, 1);
    CHECK(plan.last() == errc::timed_out);
    for (const auto why : {make_error_code(errc::timed_out), refused()}) {
        static_cast<void>(plan.next(start));
        plan.failed(why);
    }
    static_cast<void>(plan.next(start));
    static_cast<void>(plan.next(start));
    plan.failed(refused());

    CHECK(plan.outcomes()[0].why == refused());
    CHECK(plan.outcomes()[0].attempts == 2);
    CHECK(plan.outcomes()[1].why == refused());
    CHECK(plan.outcomes()[1].attempts == 1);
    CHECK(plan.last() == refused());
}

TEST_CASE("is_worth_retrying: what is there now may be gone soon, or not", "[net][retry]") {
    CHECK(eddy::is_worth_retrying(refused()));
    CHECK(eddy::is_worth_retrying(errc::timed_out));
    CHECK(eddy::is_worth_retrying(make_error_code(std::errc::too_many_files_open)));
    CHECK(eddy::is_worth_retrying(make_error_code(std::errc::no_such_file_or_directory)));
    CHECK(eddy::is_worth_retrying(make_error_code(std::errc::resource_unavailable_try_again)));
    CHECK_FALSE(eddy::is_worth_retrying(errc::no_such_host));
    CHECK_FALSE(eddy::is_worth_retrying(errc::cancelled));
    CHECK_FALSE(eddy::is_worth_retrying(errc::not_supported));
    CHECK_FALSE(eddy::is_worth_retrying(make_error_code(std::errc::permission_denied)));
}

TEST_CASE("connect_plan: without a judge of errors, it says so", "[net][retry]") {
    connect_options options;
    options.retry.is_worth = nullptr;
    CHECK_THROWS_AS(connect_plan(1, options, time_point(), 1), std::invalid_argument);
}

} // namespace
