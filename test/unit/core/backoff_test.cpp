// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/backoff.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using eddy::duration;
using eddy::jitter;

std::vector<duration> pauses(eddy::backoff from, std::size_t count) {
    std::vector<duration> made(count);
    std::generate(made.begin(), made.end(), [&] { return from.next(); });
    return made;
}

TEST_CASE("backoff: without jitter, grows by the factor up to the maximum", "[core][backoff]") {
    const eddy::backoff_options options{
        .first = 100ms, .factor = 2, .max = 1s, .jitter = jitter::none
    };

    CHECK(
        pauses(eddy::backoff(options, 1), 6) ==
        std::vector<duration>{100ms, 200ms, 400ms, 800ms, 1s, 1s}
    );
}

TEST_CASE("backoff: factor 1, stays as it is", "[core][backoff]") {
    const eddy::backoff_options options{
        .first = 5s, .factor = 1, .max = 5s, .jitter = jitter::none
    };

    CHECK(pauses(eddy::backoff(options, 1), 3) == std::vector<duration>{5s, 5s, 5s});
}

TEST_CASE("backoff: reset, begins anew", "[core][backoff]") {
    eddy::backoff pause({.jitter = jitter::none}, 1);
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(pause.next());
    }

    pause.reset();

    CHECK(pause.next() == 100ms);
}

TEST_CASE("backoff: full jitter, anything from zero to what the step allows", "[core][backoff]") {
    duration longest[4] = {};
    duration shortest[4] = {1h, 1h, 1h, 1h};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const auto made =
            pauses(eddy::backoff({.first = 100ms, .max = 400ms, .jitter = jitter::full}, seed), 4);
        for (std::size_t step = 0; step < 4; ++step) {
            longest[step] = std::max(longest[step], made[step]);
            shortest[step] = std::min(shortest[step], made[step]);
        }
    }

    const duration allowed[] = {100ms, 200ms, 400ms, 400ms};
    for (std::size_t step = 0; step < 4; ++step) {
        CHECK(longest[step] <= allowed[step]);
        CHECK(longest[step] > allowed[step] * 9 / 10);
        CHECK(shortest[step] >= 0ms);
        CHECK(shortest[step] < allowed[step] / 10);
    }
}

TEST_CASE(
    "backoff: decorrelated, from the first to three times the one before", "[core][backoff]"
) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        duration before = 100ms;
        for (const auto pause : pauses(
                 eddy::backoff({.first = 100ms, .max = 2s, .jitter = jitter::decorrelated}, seed),
                 20
             )) {
            CHECK(pause >= 100ms);
            CHECK(pause <= std::min<duration>(3 * before, 2s));
            before = pause;
        }
    }
}

TEST_CASE("backoff: same seed gives the same pauses, another one others", "[core][backoff]") {
    const auto made = pauses(eddy::backoff({}, 7), 8);

    CHECK(made == pauses(eddy::backoff({}, 7), 8));
    CHECK(made != pauses(eddy::backoff({}, 8), 8));
}

TEST_CASE("backoff: the longest durations there are, no overflow", "[core][backoff]") {
    const auto most = duration::max();
    for (const auto kind : {jitter::none, jitter::full, jitter::decorrelated}) {
        for (const auto pause : pauses(
                 eddy::backoff({.first = most, .factor = 1e300, .max = most, .jitter = kind}, 1), 3
             )) {
            CHECK(pause >= duration::zero());
        }
    }
}

TEST_CASE("backoff: options out of range, refused by name", "[core][backoff]") {
    using eddy::backoff;
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(backoff({.first = 0ms}, 1), Contains("`first`"));
    CHECK_THROWS_WITH(backoff({.first = 2s, .max = 1s}, 1), Contains("`max`"));
    CHECK_THROWS_WITH(backoff({.factor = 0.5}, 1), Contains("`factor`"));
    CHECK_THROWS_WITH(backoff({.factor = nan}, 1), Contains("`factor`"));
    CHECK_THROWS_AS(backoff(), std::logic_error); // no loop to take a seed from
}

bool ask_somebody(int& tries) {
    return ++tries == 4;
}

TEST_CASE("backoff: of a loop, has a seed of its own", "[core][backoff]") {
    eddy::test::manual_loop loop;
    int tries = 0;
    /// [try-again]
    auto ask_until_told = [](int& asked) -> eddy::task<> {
        eddy::backoff pause({.first = 50ms, .max = 5s});
        while (!ask_somebody(asked)) {
            co_await eddy::sleep(pause.next());
        }
    };
    /// [try-again]

    loop->run(ask_until_told(tries));

    CHECK(tries == 4);
}

} // namespace
