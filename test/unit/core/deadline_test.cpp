// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/deadline.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <chrono>
#include <stdexcept>

using namespace std::chrono_literals;

namespace eddy {
namespace {

constexpr time_point noon(12h);

static_assert(deadline().is_never());
static_assert(deadline::never() == deadline(time_point::max()));
static_assert(deadline(noon).at() == noon);

TEST_CASE("deadline: after a time, saturates at both ends", "[core][deadline]") {
    struct row {
        duration timeout;
        deadline expected;
    };
    const row rows[] = {
        {5s, deadline(noon + 5s)},
        {duration(1), deadline(noon + duration(1))},
        {0s, deadline(noon)},
        {-1s, deadline(noon)}, // has passed already
        {duration::min(), deadline(noon)},
        {time_point::max() - noon - duration(1), deadline(time_point::max() - duration(1))},
        {time_point::max() - noon, deadline::never()},
        {duration::max(), deadline::never()},
    };
    for (const auto& [timeout, expected] : rows) {
        CAPTURE(timeout.count());
        CHECK(deadline::after(noon, timeout) == expected);
    }
}

TEST_CASE("deadline: from a clock that shows less than zero, saturates too", "[core][deadline]") {
    const time_point early(-1h);

    CHECK(deadline::after(early, 30min).at() == time_point(-30min));
    CHECK(deadline::after(early, duration::max()).at() == early + duration::max());
    CHECK_FALSE(deadline::after(early, duration::max()).is_never()); // not within 292 years
}

TEST_CASE("deadline: compared, the earlier one is less", "[core][deadline]") {
    CHECK(deadline(noon) < deadline(noon + 1ns));
    CHECK(deadline(noon) < deadline::never());
    CHECK(deadline::never() == deadline());
}

TEST_CASE("within: on a loop, counts on its clock", "[core][deadline]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        const time_point begin = loop_clock::now();
        const deadline soon = within(5s);
        CHECK(soon.at() == begin + 5s);
        CHECK(within(duration::max()).is_never());

        co_await sleep(2s);

        CHECK(soon.at() - loop_clock::now() == 3s); // a point in time: it does not move along
    };

    loop->run(body());
}

TEST_CASE("within: outside of a loop, tells that there is no clock", "[core][deadline]") {
    CHECK_THROWS_AS(within(5s), std::logic_error);
}

} // namespace
} // namespace eddy
