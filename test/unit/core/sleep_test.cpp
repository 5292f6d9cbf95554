// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

TEST_CASE("sleep: time passes, goes on at that time", "[core][sleep]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        const auto start = loop_clock::now();
        co_await sleep(3s);
        CHECK(loop_clock::now() - start == 3s);
        co_await sleep_until(start + 5s);
        CHECK(loop_clock::now() - start == 5s);
    };

    loop->run(body());
}

TEST_CASE("sleep: time has passed already, lets others run and goes on", "[core][sleep]") {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        co_await sleep(1s);
        const auto now = loop_clock::now();
        const auto turns = loop.engine().turns();
        co_await sleep(0s);
        co_await sleep(-1s);
        co_await sleep_until(time_point());
        CHECK(loop_clock::now() == now);
        CHECK(loop.engine().turns() == turns + 3);
    };

    loop->run(body());
}

TEST_CASE("sleep: longer than the clock can count, waits for a stop", "[core][sleep]") {
    test::manual_loop loop;
    const auto body = []() -> task<> { co_await sleep(duration::max()); };

    CHECK_THROWS_AS(loop->run(body()), cancelled); // nothing is left to happen: the run ends
    CHECK(loop->now() == time_point());
}

TEST_CASE("sleep: counted from the call, not from the wait", "[core][sleep]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        const auto start = loop_clock::now();
        auto nap = sleep(3s);
        co_await sleep(2s);
        co_await nap;
        CHECK(loop_clock::now() - start == 3s);
    };

    loop->run(body());
}

TEST_CASE("sleep: task stopped, throws cancelled at once", "[core][sleep]") {
    test::manual_loop loop;
    std::string ended;
    const auto sleeper = [&]() -> task<> {
        try {
            co_await sleep(1h);
        } catch (const cancelled&) {
            ended = "cancelled";
        }
    };
    const auto body = [&](bool is_early) -> task<> {
        scope tasks;
        if (is_early) {
            tasks.request_stop();
        }
        tasks.spawn(sleeper());
        CHECK(ended.empty());
        tasks.request_stop();
        co_await tasks.join();
    };

    SECTION("before it began") {
        loop->run(body(true));
    }
    SECTION("while it waits") {
        loop->run(body(false));
    }

    CHECK(ended == "cancelled");
    CHECK(loop->now() == time_point());
}

TEST_CASE("sleep: over before the stop, does not throw", "[core][sleep]") {
    test::manual_loop loop;
    std::string ended;
    scope tasks;
    const auto sleeper = [&]() -> task<> {
        co_await sleep(1s);
        ended = "slept";
    };
    const auto stopper = [&]() -> task<> {
        co_await sleep(1s);
        tasks.request_stop();
        co_await tasks.join();
    };
    const auto body = [&]() -> task<> {
        auto first = stopper(
        ); // armed after the sleeper, so that both fire in one turn and the stopper runs first
        tasks.spawn(sleeper());
        co_await std::move(first);
    };

    loop->run(body());

    CHECK(ended == "slept");
}

TEST_CASE("sleep: destroyed while outstanding, its timer goes too", "[core][sleep]") {
    test::manual_loop loop;
    const auto sleeper = []() -> task<> { co_await sleep(1h); };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(sleeper());
        co_await sleep(1s);
    };

    loop->run(body());
    loop->run();

    CHECK(loop->now() <= time_point(1h));
}

TEST_CASE("yield: others are ready, they run first", "[core][sleep]") {
    test::manual_loop loop;
    std::string order;
    const auto child = [&](char name) -> task<> {
        order += name;
        co_await yield();
        order += name;
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(child('a'));
        tasks.spawn(child('b'));
        co_await yield();
        order += 'c';
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(order == "ababc");
}

TEST_CASE("yield: task stopped, throws cancelled in its turn", "[core][sleep]") {
    test::manual_loop loop;
    std::string order;
    const auto child = [&](char name) -> task<> {
        try {
            co_await yield();
            order += name;
        } catch (const cancelled&) {
            order += '!';
        }
    };
    const auto body = [&](bool is_early) -> task<> {
        scope tasks;
        if (is_early) {
            tasks.request_stop();
        }
        tasks.spawn(child('a'));
        tasks.request_stop();
        CHECK(order.empty());
        co_await tasks.join();
    };

    loop->run(body(GENERATE(true, false)));

    CHECK(order == "!");
}

TEST_CASE("yield: destroyed while outstanding, is not resumed", "[core][sleep]") {
    test::manual_loop loop;
    bool is_resumed = false;
    const auto child = [&]() -> task<> {
        co_await yield();
        is_resumed = true;
    };
    const auto body = [&]() -> task<> {
        {
            scope tasks;
            tasks.spawn(child());
        }
        co_await yield();
    };

    loop->run(body());

    CHECK_FALSE(is_resumed);
}

} // namespace
} // namespace eddy
