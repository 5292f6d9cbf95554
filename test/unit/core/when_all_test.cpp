// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/when_all.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

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

task<> giving_up(duration time) {
    co_await sleep(time);
    throw cancelled();
}

task<int> ignoring_stop(int value) {
    try {
        co_await sleep(1h);
    } catch (const cancelled&) {
    }
    co_return value;
}

TEST_CASE("when_all: tasks of several types, gives all results", "[core][when_all]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        const auto [number, text, none, box] = co_await when_all(
            later(1, 3s),
            later(std::string("two"), 1s),
            nothing(2s),
            later(std::make_unique<int>(4), 0s)
        );
        CHECK(number == 1);
        CHECK(text == "two");
        CHECK(none == std::monostate());
        CHECK(*box == 4);
    };

    loop->run(body());

    CHECK(loop->now() == time_point(3s)); // side by side
}

TEST_CASE("when_all: tasks end at once, gives their results", "[core][when_all]") {
    test::manual_loop loop;
    const auto value = [](int number) -> task<int> { co_return number; };
    const auto body = [&]() -> task<> {
        const auto both = co_await when_all(value(1), value(2));
        CHECK((both == std::tuple(1, 2)));
        const auto none = co_await when_all();
        CHECK((none == std::tuple()));
    };

    loop->run(body());
}

TEST_CASE("when_all: one throws, the others are stopped and it is rethrown", "[core][when_all]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        co_await when_all(
            nothing(1h), thrower("first", 1s), ignoring_stop(1), thrower("second", 2s)
        );
    };

    CHECK_THROWS_WITH(loop->run(body()), "first");
    CHECK(loop->now() == time_point(1s));
}

TEST_CASE(
    "when_all: one gives up, the others are stopped and cancelled is thrown", "[core][when_all]"
) {
    test::manual_loop loop;
    const auto body = []() -> task<> { co_await when_all(nothing(1h), giving_up(1s)); };

    CHECK_THROWS_AS(loop->run(body()), cancelled);
    CHECK(loop->now() == time_point(1s));
}

TEST_CASE("when_all: stopped, stops the tasks", "[core][when_all]") {
    test::manual_loop loop;
    std::string ended;
    const auto waiting = [&]() -> task<> {
        try {
            co_await when_all(nothing(1h), ignoring_stop(1));
        } catch (const cancelled&) {
            ended = "cancelled";
        }
    };
    const auto complete = [&]() -> task<> {
        const auto [one, two] = co_await when_all(ignoring_stop(1), ignoring_stop(2));
        ended = std::to_string(one + two);
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

    SECTION("one without a result, throws cancelled") {
        loop->run(body(waiting(), is_early));
        CHECK(ended == "cancelled");
    }
    SECTION("all with a result, gives them") {
        loop->run(body(complete(), is_early));
        CHECK(ended == "3");
    }
    CHECK(loop->now() == time_point());
}

TEST_CASE("when_all: destroyed while outstanding, destroys the tasks", "[core][when_all]") {
    test::manual_loop loop;
    int destroyed = 0;
    const auto holding = [](std::shared_ptr<void> /*owned*/) -> task<> { co_await sleep(1h); };
    const auto counted = [&] {
        return std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; });
    };
    const auto all = [&]() -> task<> { co_await when_all(holding(counted()), holding(counted())); };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(all());
        co_await yield();
        tasks.destroy_all();
        CHECK(destroyed == 2);
    };

    loop->run(body());
}

TEST_CASE("when_all: range of tasks, gives their results in order", "[core][when_all]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        std::vector<task<std::string>> tasks;
        for (const int i : {3, 1, 2}) {
            tasks.push_back(later(std::to_string(i), std::chrono::seconds(i)));
        }
        const auto texts = co_await when_all(std::move(tasks));
        CHECK(texts == std::vector<std::string>{"3", "1", "2"});
        const auto none = co_await when_all(std::vector<task<int>>());
        CHECK(none.empty());
    };

    loop->run(body());

    CHECK(loop->now() == time_point(3s));
}

TEST_CASE("when_all: range of tasks without results, waits for all", "[core][when_all]") {
    test::manual_loop loop;
    const auto body = [](duration failing_at, bool gives_up) -> task<> {
        std::vector<task<>> tasks;
        tasks.push_back(nothing(1s));
        tasks.push_back(nothing(2s));
        if (gives_up) {
            tasks.push_back(giving_up(1s));
        }
        if (failing_at != duration::max()) {
            tasks.push_back(thrower("range", failing_at));
        }
        co_await when_all(std::move(tasks));
    };

    SECTION("all end") {
        loop->run(body(duration::max(), false));
        CHECK(loop->now() == time_point(2s));
    }
    SECTION("one throws") {
        CHECK_THROWS_WITH(loop->run(body(1s, false)), "range");
        CHECK(loop->now() == time_point(1s));
    }
    SECTION("one gives up") {
        CHECK_THROWS_AS(loop->run(body(duration::max(), true)), cancelled);
        CHECK(loop->now() == time_point(1s));
    }
}

} // namespace
} // namespace eddy
