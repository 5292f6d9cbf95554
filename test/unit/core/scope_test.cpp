// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/result.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using log = std::vector<std::string>;

/// Notes how it ends: by time, by a stop, or by being destroyed.
task<> sleeper(log& entries, std::string name, duration time) {
    struct note {
        ~note() { entries->push_back(text); }
        log* entries;
        std::string text;
    } ending{&entries, name + " destroyed"};
    try {
        co_await sleep(time);
        ending.text = name + " slept";
    } catch (const cancelled&) {
        ending.text = name + " stopped";
        throw;
    }
}

task<> thrower(std::string why, duration after) {
    co_await sleep(after);
    throw std::runtime_error(why);
}

TEST_CASE("scope: join, waits until every task has ended", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    scope tasks;
    const auto body = [&]() -> task<> {
        tasks.spawn(sleeper(entries, "b", 2s));
        tasks.spawn(sleeper(entries, "a", 1s));
        CHECK(tasks.size() == 2);
        co_await tasks.join();
        entries.push_back("joined");
    };

    loop->run(body());

    CHECK(entries == log{"a slept", "b slept", "joined"});
    CHECK(tasks.empty());
}

TEST_CASE("scope: nothing inside, join goes on at once", "[core][scope]") {
    test::manual_loop loop;
    scope tasks;
    const auto body = [&]() -> task<> {
        const auto before = loop.engine().turns();
        co_await tasks.join();
        CHECK(loop.engine().turns() == before);
    };

    loop->run(body());
}

TEST_CASE("scope: spawn, runs the task up to its first wait", "[core][scope]") {
    test::manual_loop loop;
    scope tasks;
    int reached = 0;
    const auto child = [&]() -> task<> {
        reached = 1;
        co_await yield();
        reached = 2;
    };
    const auto finished = [&]() -> task<> {
        reached = 3;
        co_return;
    };
    const auto body = [&]() -> task<> {
        tasks.spawn(child());
        CHECK(reached == 1);
        co_await tasks.join();
        CHECK(reached == 2);
        tasks.spawn(finished());
        CHECK(reached == 3);
        CHECK(tasks.empty());
    };

    loop->run(body());
}

TEST_CASE("scope: spawn outside of a loop, throws", "[core][scope]") {
    scope tasks;
    log entries;

    CHECK_THROWS_AS(tasks.spawn(sleeper(entries, "a", 1s)), std::logic_error);
    CHECK(tasks.empty());
}

TEST_CASE("scope: child throws, join rethrows after all children ended", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    scope tasks;
    const auto body = [&]() -> task<> {
        tasks.spawn(sleeper(entries, "a", 1h));
        tasks.spawn(thrower("first", 1s));
        tasks.spawn(thrower("second", 1s));
        co_await tasks.join();
    };

    CHECK_THROWS_WITH(loop->run(body()), "first");
    CHECK(entries == log{"a stopped"});
    CHECK(tasks.empty());
}

TEST_CASE("scope: child throws before its first wait, join rethrows", "[core][scope]") {
    test::manual_loop loop;
    const auto at_once = []() -> task<> {
        throw std::runtime_error("at once");
        co_return;
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(at_once());
        CHECK(tasks.empty());
        co_await tasks.join();
    };

    CHECK_THROWS_WITH(loop->run(body()), "at once");
}

TEST_CASE("scope: child ends by its cancellation, is no failure", "[core][scope]") {
    test::manual_loop loop;
    const auto by_exception = []() -> task<> { co_await sleep(1h); };
    const auto by_result = []() -> task<> {
        try {
            co_await sleep(1h);
        } catch (const cancelled&) {
        }
        result<int>(errc::cancelled).value();
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(by_exception());
        tasks.spawn(by_result());
        tasks.request_stop();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(loop->now() == time_point());
}

TEST_CASE("scope: stopped, later tasks are stopped from the start", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.request_stop();
        tasks.spawn(sleeper(entries, "late", 1h));
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(entries == log{"late stopped"});
}

TEST_CASE("scope: joining task is stopped, its children are, and are waited for", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    const auto parent = [&]() -> task<> {
        scope inner;
        inner.spawn(sleeper(entries, "child", 1h));
        co_await inner.join();
        entries.push_back("joined");
    };
    const auto body = [&](bool is_early) -> task<> {
        scope outer;
        if (is_early) {
            outer.request_stop();
        }
        outer.spawn(parent());
        outer.request_stop();
        co_await outer.join();
    };

    loop->run(body(GENERATE(true, false)));

    CHECK(entries == log{"child stopped", "joined"});
}

TEST_CASE("scope: destroyed with tasks inside, destroys the newest first", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(sleeper(entries, "a", 1h));
        tasks.spawn(sleeper(entries, "b", 1h));
        co_return;
    };

    loop->run(body());

    CHECK(entries == log{"b destroyed", "a destroyed"});
}

TEST_CASE("scope: destroy_all, wakes who joins", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    scope tasks;
    const auto joiner = [&]() -> task<> {
        co_await tasks.join();
        entries.push_back("joined");
    };
    const auto body = [&]() -> task<> {
        scope joiners;
        tasks.spawn(sleeper(entries, "a", 1h));
        joiners.spawn(joiner());
        joiners.spawn(joiner());
        tasks.destroy_all();
        co_await joiners.join();
    };

    loop->run(body());

    CHECK(entries == log{"a destroyed", "joined", "joined"});
}

TEST_CASE("scope: task in the ready queue, may be destroyed", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        scope tasks;
        event ready;
        const auto waiter = [](event& awaited, log& lines) -> task<> {
            co_await awaited.wait();
            lines.push_back("resumed");
        };
        tasks.spawn(waiter(ready, entries));
        ready.set();
        tasks.destroy_all();
        co_await yield();
    };

    loop->run(body());

    CHECK(entries.empty());
}

TEST_CASE(
    "scope: task ignores its stop for ever, others run and it can be destroyed", "[core][scope]"
) {
    test::manual_loop loop;
    int rounds = 0;
    const auto stubborn = [&]() -> task<> {
        for (;;) {
            try {
                ++rounds;
                co_await sleep(1h);
            } catch (const cancelled&) {
            }
        }
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(stubborn());
        tasks.request_stop();
        for (int i = 0; i < 10; ++i) {
            co_await yield();
        }
        CHECK(rounds >= 5);
        tasks.destroy_all();
        CHECK(tasks.empty());
        co_await tasks.join();
    };

    loop->run(body());
}

/// What a self-owned service looks like: its scope's task keeps it alive.
struct self_owned {
    explicit self_owned(bool& destroyed) : is_destroyed(&destroyed) {}
    self_owned(const self_owned&) = delete;
    self_owned& operator=(const self_owned&) = delete;
    ~self_owned() { *is_destroyed = true; }
    static task<> work(std::shared_ptr<self_owned> /*self*/) { co_await yield(); }

    bool* is_destroyed;
    scope tasks;
};

TEST_CASE("scope: its last task owns it, both end", "[core][scope]") {
    test::manual_loop loop;
    bool is_destroyed = false;
    const auto body = [&]() -> task<> {
        auto service = std::make_shared<self_owned>(is_destroyed);
        auto& tasks = service->tasks;
        tasks.spawn(self_owned::work(std::move(service)));
        CHECK_FALSE(is_destroyed);
        co_await yield();
        co_await yield();
        CHECK(is_destroyed);
    };

    loop->run(body());
}

TEST_CASE("scope: task spawns into its own scope, join waits for both", "[core][scope]") {
    test::manual_loop loop;
    log entries;
    scope tasks;
    const auto parent = [&]() -> task<> {
        co_await yield();
        tasks.spawn(sleeper(entries, "grandchild", 1s));
    };
    const auto body = [&]() -> task<> {
        tasks.spawn(parent());
        co_await tasks.join();
        entries.push_back("joined");
    };

    loop->run(body());

    CHECK(entries == log{"grandchild slept", "joined"});
}

TEST_CASE("scope: spawning in steady state, allocates nothing", "[core][scope]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    test::manual_loop loop;
    std::size_t allocated = 1;
    const auto child = []() -> task<> { co_await yield(); };
    const auto body = [&]() -> task<> {
        scope tasks;
        for (int round = 0; round < 2; ++round) { // the first fills the cache
            const test::allocation_counter allocations;
            for (int i = 0; i < 100; ++i) {
                tasks.spawn(child());
                tasks.spawn(child());
                co_await tasks.join();
            }
            allocated = allocations.count();
        }
    };

    loop->run(body());

    CHECK(allocated == 0);
}

} // namespace
} // namespace eddy
