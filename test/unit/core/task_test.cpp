// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/task.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

task<int> length(std::string text) {
    co_return static_cast<int>(text.size());
}

task<std::unique_ptr<int>> boxed(int value) {
    co_return std::make_unique<int>(value);
}

task<std::vector<std::unique_ptr<int>>> boxes(std::size_t count) {
    std::vector<std::unique_ptr<int>> made;
    while (made.size() != count) {
        co_await yield();
        auto next = co_await boxed(static_cast<int>(made.size()));
        made.push_back(std::move(next));
    }
    co_return made;
}

task<> fail(std::string why) {
    throw std::runtime_error(why);
    co_return;
}

task<> fail_later(std::string why) {
    co_await yield();
    throw std::runtime_error(why);
}

TEST_CASE("task: created, does not start", "[core][task]") {
    bool is_started = false;
    const auto body = [&]() -> task<> {
        is_started = true;
        co_return;
    };
    {
        const auto created = body();
        CHECK(created.is_valid());
    }

    CHECK_FALSE(is_started);
    CHECK_FALSE(task<>().is_valid());
}

TEST_CASE("task: awaited, gives its result", "[core][task]") {
    test::manual_loop loop;

    SECTION("by value") {
        CHECK(loop->run(length("four")) == 4);
    }
    SECTION("that can only be moved") {
        CHECK(*loop->run(boxed(7)) == 7);
    }
    SECTION("of awaited tasks") {
        const auto body = []() -> task<int> {
            co_return co_await length("one") + co_await length("three");
        };
        CHECK(loop->run(body()) == 8);
    }
    SECTION("after a wait") {
        const auto body = []() -> task<int> {
            co_await sleep(1h);
            co_return co_await length("x");
        };
        CHECK(loop->run(body()) == 1);
    }
    SECTION("kept in a variable first") {
        const auto body = []() -> task<int> {
            auto kept = length("kept");
            co_await yield();
            co_return co_await std::move(kept);
        };
        CHECK(loop->run(body()) == 4);
    }
}

TEST_CASE("task: throws, the exception leaves the co_await", "[core][task]") {
    test::manual_loop loop;
    std::string caught;
    const auto body = [&](task<> inner) -> task<> {
        try {
            co_await std::move(inner);
        } catch (const std::runtime_error& error) {
            caught = error.what();
        }
    };

    SECTION("at once") {
        loop->run(body(fail("early")));
    }
    SECTION("after a wait") {
        loop->run(body(fail_later("early")));
    }

    CHECK(caught == "early");
}

TEST_CASE("task: moved, runs where it went", "[core][task]") {
    test::manual_loop loop;
    auto first = length("abc");
    task<int> second;

    second = std::move(first);

    CHECK_FALSE(first.is_valid());
    CHECK(loop->run(std::move(second)) == 3);
}

TEST_CASE("task: temporaries in the co_await, live once and until its end", "[core][task]") {
    // g++ 12 destroys some temporaries in a co_await twice; these forms are the ones that must be
    // safe.
    test::manual_loop loop;
    const auto body = []() -> task<int> {
        const std::string part(40, 'x');
        int sum = co_await length(part + part);
        sum += co_await length(std::string(50, 'y'));
        sum += part.empty() ? co_await length("") : co_await length(part);
        if (const int more = co_await length(part); more > 0 && co_await length(part) > 0) {
            sum += **std::make_unique<std::unique_ptr<int>>(co_await boxed(co_await length(part)));
        }
        co_await sleep(1ns);
        co_return sum;
    };

    CHECK(loop->run(body()) == 80 + 50 + 40 + 40);
}

struct destruction {
    explicit destruction(int& counted) noexcept : count(&counted) {}
    destruction(destruction&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
    destruction& operator=(destruction&&) = delete;
    ~destruction() {
        if (count) {
            ++*count;
        }
    }
    int* count;
};

task<> hold(destruction held, task<> inner) {
    co_await std::move(inner);
    static_cast<void>(held);
}

TEST_CASE("task: destroyed while outstanding, destroys the whole chain", "[core][task]") {
    test::manual_loop loop;
    int destroyed = 0;
    const auto wait_for_ever = []() -> task<> { co_await sleep_until(time_point::max()); };
    {
        scope tasks;
        loop->run([](scope& into, task<> chain) -> task<> {
            into.spawn(std::move(chain));
            co_return;
        }(tasks, hold(destruction(destroyed), hold(destruction(destroyed), wait_for_ever()))));
        CHECK(destroyed == 0);
    }

    CHECK(destroyed == 2);
}

TEST_CASE("task: never started, destroys its parameters", "[core][task]") {
    int destroyed = 0;

    {
        const auto created = hold(destruction(destroyed), task<>());
    }

    CHECK(destroyed == 1);
}

task<std::int64_t> one() {
    co_return 1;
}

task<std::int64_t> nested(int depth) {
    if (depth == 0) {
        co_return 0;
    }
    co_return 1 + co_await nested(depth - 1);
}

task<std::int64_t> one_later() {
    co_await yield();
    co_return 1;
}

TEST_CASE("task: a million awaits that finish at once, need constant stack", "[core][task]") {
    test::manual_loop loop;

    SECTION("one deep") {
        const auto body = []() -> task<std::int64_t> {
            std::int64_t sum = 0;
            for (int i = 0; i < 1'000'000; ++i) {
                sum += co_await one();
            }
            co_return sum;
        };
        CHECK(loop->run(body()) == 1'000'000);
    }
    SECTION("nested") {
        const auto body = []() -> task<std::int64_t> {
            std::int64_t sum = 0;
            for (int i = 0; i < 100'000; ++i) {
                sum += co_await nested(10);
            }
            co_return sum;
        };
        CHECK(loop->run(body()) == 1'000'000);
    }
    SECTION("after an await that waited") {
        const auto body = []() -> task<std::int64_t> {
            std::int64_t sum = co_await one_later();
            for (int i = 0; i < 1'000'000; ++i) {
                sum += co_await one();
            }
            co_return sum;
        };
        CHECK(loop->run(body()) == 1'000'001);
    }
}

TEST_CASE("task: awaits that finish at once, are calls and do not take turns", "[core][task]") {
    test::manual_loop loop;
    const auto body = [](test::manual_engine& engine) -> task<unsigned> {
        const unsigned before = engine.turns();
        for (int i = 0; i < 10'000; ++i) {
            co_await one();
        }
        co_return engine.turns() - before;
    };

    CHECK(loop->run(body(loop.engine())) == 0);
}

TEST_CASE("task: what the children wait for is there already, takes turns", "[core][task]") {
    test::manual_loop loop;
    const auto child = [](event& set) -> task<> { co_await set.wait(); };
    const auto body = [&child](test::manual_engine& engine) -> task<unsigned> {
        event set;
        set.set();
        const unsigned before = engine.turns();
        for (int i = 0; i < 100'000; ++i) {
            co_await child(set);
        }
        co_return engine.turns() - before;
    };

    CHECK(loop->run(body(loop.engine())) >= 2);
}

TEST_CASE("task: a hundred thousand awaits that wait, need constant stack", "[core][task]") {
    test::manual_loop loop;
    const auto body = []() -> task<std::int64_t> {
        std::int64_t sum = 0;
        for (int i = 0; i < 100'000; ++i) {
            sum += co_await one_later();
        }
        co_return sum;
    };

    CHECK(loop->run(body()) == 100'000);
}

// g++ 12 spoils it, unless Eddy's usage requirements turn its SLP vectorizer off.
TEST_CASE("task: a vector that a loop of awaits has filled, is returned whole", "[core][task]") {
    test::manual_loop loop;

    const auto returned = loop->run(boxes(100));

    REQUIRE(returned.size() == 100);
    CHECK(*returned.back() == 99);
}

TEST_CASE("task: steady state, allocates nothing", "[core][task]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    test::manual_loop loop;
    std::size_t allocated = 1;
    const auto body = [&]() -> task<> {
        for (int round = 0; round < 2; ++round) { // the first fills the cache
            const test::allocation_counter allocations;
            for (int i = 0; i < 1000; ++i) {
                co_await one();
                co_await nested(5);
                co_await one_later();
                co_await sleep(1ms);
            }
            allocated = allocations.count();
        }
    };

    loop->run(body());

    CHECK(allocated == 0);
}

} // namespace
} // namespace eddy
