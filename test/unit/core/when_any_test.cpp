// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/when_any.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

using namespace std::chrono_literals;

namespace eddy {
namespace {

template <class Value>
task<Value> later(Value value, duration time) {
    co_await sleep(time);
    co_return std::move(value);
}

task<> nothing(duration time) {
    co_await sleep(time);
}

task<> thrower(std::string why, duration time) {
    co_await sleep(time);
    throw std::runtime_error(why);
}

/// Answers its stop, after a while, by `end`.
task<int> slow_to_stop(bool& has_ended, bool throws) {
    try {
        co_await sleep(1h);
    } catch (const cancelled&) {
    }
    has_ended = true;
    if (throws) {
        throw std::runtime_error("loser");
    }
    co_return 7;
}

TEST_CASE("when_any: one ends first, gives its result at its index", "[core][when_any]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        const auto second = co_await when_any(later(1, 1h), later(2, 1s), nothing(1h));
        CHECK(second.index() == 1);
        CHECK(std::get<1>(second) == 2);
        const auto none = co_await when_any(later(std::string("text"), 1h), nothing(1s));
        CHECK(none.index() == 1);
        const auto box = co_await when_any(later(std::make_unique<int>(3), 1s));
        CHECK(*std::get<0>(box) == 3);
    };

    loop->run(body());

    CHECK(loop->now() == time_point(3s));
}

TEST_CASE("when_any: first ends at once, the others start stopped", "[core][when_any]") {
    test::manual_loop loop;
    const auto value = [](int number) -> task<int> { co_return number; };
    const auto body = [&]() -> task<> {
        const auto first = co_await when_any(value(1), value(2), later(3, 1h));
        CHECK(first.index() == 0);
        CHECK(std::get<0>(first) == 1);
    };

    loop->run(body());

    CHECK(loop->now() == time_point());
}

TEST_CASE("when_any: loser ends after its stop, is awaited and dropped", "[core][when_any]") {
    test::manual_loop loop;
    bool has_ended = false;
    const auto body = [&](bool throws) -> task<> {
        const auto winner = co_await when_any(slow_to_stop(has_ended, throws), later(2, 1s));
        CHECK(has_ended);
        CHECK(winner.index() == 1);
    };

    SECTION("with a result") {
        loop->run(body(false));
    }
    SECTION("by an exception") {
        loop->run(body(true));
    }
}

TEST_CASE("when_any: first to end throws, that is thrown", "[core][when_any]") {
    test::manual_loop loop;
    bool has_ended = false;
    const auto body = [&]() -> task<> {
        co_await when_any(
            slow_to_stop(has_ended, false), thrower("first", 1s), thrower("second", 1s)
        );
    };

    CHECK_THROWS_WITH(loop->run(body()), "first");
    CHECK(has_ended);
}

TEST_CASE("when_any: one gives up, the others go on", "[core][when_any]") {
    test::manual_loop loop;
    const auto giving_up = []() -> task<> {
        co_await yield();
        throw cancelled();
    };
    const auto body = [&]() -> task<> {
        const auto winner = co_await when_any(giving_up(), later(2, 1s));
        CHECK(winner.index() == 1);
        co_await when_any(giving_up(), giving_up());
    };

    CHECK_THROWS_AS(loop->run(body()), cancelled);
    CHECK(loop->now() == time_point(1s));
}

TEST_CASE("when_any: stopped, stops the tasks", "[core][when_any]") {
    test::manual_loop loop;
    bool has_ended = false;
    std::string ended;
    const auto waiting = [&]() -> task<> {
        try {
            co_await when_any(nothing(1h), nothing(2h));
        } catch (const cancelled&) {
            ended = "cancelled";
        }
    };
    const auto winning = [&]() -> task<> {
        const auto winner = co_await when_any(nothing(1h), slow_to_stop(has_ended, false));
        ended = std::to_string(winner.index());
    };
    const auto body = [&](task<> work, bool is_early) -> task<> {
        scope tasks;
        if (is_early) {
            tasks.request_stop();
        }
        tasks.spawn(std::move(work));
        tasks.request_stop();
        co_await tasks.join();
    };
    const bool is_early = GENERATE(true, false);

    SECTION("all give up, throws cancelled") {
        loop->run(body(waiting(), is_early));
        CHECK(ended == "cancelled");
    }
    SECTION("one has a result all the same, it has won") {
        loop->run(body(winning(), is_early));
        CHECK(ended == "1");
    }
    CHECK(loop->now() == time_point());
}

TEST_CASE("when_any: destroyed while outstanding, destroys the tasks", "[core][when_any]") {
    test::manual_loop loop;
    int destroyed = 0;
    const auto holding = [](std::shared_ptr<void> /*owned*/) -> task<> { co_await sleep(1h); };
    const auto counted = [&] {
        return std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; });
    };
    const auto any = [&]() -> task<> { co_await when_any(holding(counted()), holding(counted())); };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(any());
        co_await yield();
        tasks.destroy_all();
        CHECK(destroyed == 2);
    };

    loop->run(body());
}

} // namespace
} // namespace eddy
