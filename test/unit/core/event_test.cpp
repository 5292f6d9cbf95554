// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <string>

namespace eddy {
namespace {

task<> wait_for(event& awaited, std::string& order, char name) {
    try {
        co_await awaited.wait();
        order += name;
    } catch (const cancelled&) {
        order += '!';
    }
}

TEST_CASE("event: set, wait goes on at once", "[core][event]") {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        event ready;
        CHECK_FALSE(ready.is_set());
        ready.set();
        ready.set();
        CHECK(ready.is_set());
        const auto turns = loop.engine().turns();
        co_await ready.wait();
        co_await ready.wait();
        CHECK(loop.engine().turns() == turns);
    };

    loop->run(body());
}

TEST_CASE("event: set while tasks wait, ends the waits in order", "[core][event]") {
    test::manual_loop loop;
    std::string order;
    const auto body = [&]() -> task<> {
        event ready;
        scope tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.spawn(wait_for(ready, order, name));
        }
        ready.set();
        ready.reset();
        CHECK(order.empty()); // through the ready queue, never inside of set
        tasks.spawn(wait_for(ready, order, 'd'));
        co_await yield();
        CHECK(order == "abc");
        ready.set();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(order == "abcd");
}

TEST_CASE("event: waiting task stopped, wait throws cancelled", "[core][event]") {
    test::manual_loop loop;
    std::string order;
    const auto body = [&](bool is_early, bool is_set) -> task<> {
        event ready;
        scope tasks;
        if (is_set) {
            ready.set();
        }
        if (is_early) {
            tasks.request_stop();
        }
        tasks.spawn(wait_for(ready, order, 'a'));
        tasks.request_stop();
        ready.set();
        co_await tasks.join();
    };

    SECTION("before it waits") {
        loop->run(body(true, GENERATE(true, false)));
    }
    SECTION("while it waits") {
        loop->run(body(false, false));
    }

    CHECK(order == "!");
}

TEST_CASE("event: set before the stop, the wait has succeeded", "[core][event]") {
    test::manual_loop loop;
    std::string order;
    const auto body = [&]() -> task<> {
        event ready;
        scope tasks;
        tasks.spawn(wait_for(ready, order, 'a'));
        ready.set();
        tasks.request_stop();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(order == "a");
}

TEST_CASE("event: waiting task destroyed, set wakes the others", "[core][event]") {
    test::manual_loop loop;
    std::string order;
    const auto body = [&]() -> task<> {
        event ready;
        scope kept;
        {
            scope dropped;
            dropped.spawn(wait_for(ready, order, 'a'));
            kept.spawn(wait_for(ready, order, 'b'));
        }
        ready.set();
        co_await kept.join();
    };

    loop->run(body());

    CHECK(order == "b");
}

TEST_CASE("event: set and awaited for ever, others still run", "[core][event]") {
    test::manual_loop loop;
    const auto greedy = [](event& ready) -> task<> {
        for (;;) {
            co_await ready.wait();
        }
    };
    bool has_run = false;
    const auto body = [&]() -> task<> {
        event ready;
        ready.set();
        scope tasks;
        tasks.spawn(greedy(ready));
        co_await yield();
        has_run = true;
        tasks.request_stop();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(has_run);
}

TEST_CASE("event: waiting in steady state, allocates nothing", "[core][event]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    test::manual_loop loop;
    std::size_t allocated = 1;
    const auto body = [&]() -> task<> {
        event ready;
        event answered;
        const auto answer = [](event& asked, event& done) -> task<> {
            for (int i = 0; i < 100; ++i) {
                co_await asked.wait();
                asked.reset();
                done.set();
            }
        };
        scope tasks;
        tasks.spawn(answer(ready, answered));
        const test::allocation_counter allocations;
        for (int i = 0; i < 100; ++i) {
            ready.set();
            co_await answered.wait();
            answered.reset();
        }
        allocated = allocations.count();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(allocated == 0);
}

} // namespace
} // namespace eddy
