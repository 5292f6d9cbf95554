// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/this_task.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

namespace eddy {
namespace {

task<bool> is_stopped() {
    const stop_token stop = co_await this_task::stop_token();
    co_return stop.stop_requested();
}

TEST_CASE("this_task: stop_token, tells the stop of the whole chain", "[core][this_task]") {
    test::manual_loop loop;
    scope tasks;
    const auto child = [&]() -> task<> {
        const auto turns = loop.engine().turns();
        const bool before = co_await is_stopped();
        tasks.request_stop();
        const bool after = co_await is_stopped();
        CHECK_FALSE(before);
        CHECK(after);
        CHECK(loop.engine().turns() == turns);
    };
    const auto body = [&]() -> task<> {
        tasks.spawn(child());
        co_await tasks.join();
        const bool is_outer_stopped = co_await is_stopped();
        CHECK_FALSE(is_outer_stopped);
    };

    loop->run(body());
}

} // namespace
} // namespace eddy
