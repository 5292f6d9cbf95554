// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/timer.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace eddy::detail {
namespace {

time_point at(int nanoseconds) {
    return time_point(duration(nanoseconds));
}

struct alarm : timer {
    alarm(std::vector<int>& fired, int number)
        : timer([](timer& self) noexcept { static_cast<alarm&>(self).on_fire(); }), log(&fired),
          id(number) {}

    void on_fire() noexcept {
        log->push_back(id);
        if (queue) {
            queue->arm(*this, rearm_at);
        }
        delete victim;
        victim = nullptr;
    }

    std::vector<int>* log;
    int id;
    timer_queue* queue = nullptr; ///< Armed there again when it fires.
    time_point rearm_at{};
    alarm* victim = nullptr; ///< Destroyed when this fires.
};

TEST_CASE("timer_queue: empty, is due never", "[core][timer]") {
    timer_queue queue;

    queue.fire(at(1000));

    CHECK(queue.empty());
    CHECK(queue.next() == time_point::max());
}

TEST_CASE("timer_queue: several due, fires by time and then by arming", "[core][timer]") {
    std::vector<int> fired;
    timer_queue queue;
    alarm one(fired, 1);
    alarm two(fired, 2);
    alarm three(fired, 3);
    alarm four(fired, 4);
    queue.arm(one, at(20));
    queue.arm(two, at(10));
    queue.arm(three, at(10));
    queue.arm(four, at(21));

    CHECK(queue.next() == at(10));
    queue.fire(at(20));

    CHECK(fired == std::vector{2, 3, 1});
    CHECK(queue.next() == at(21));
    CHECK_FALSE(one.is_armed());
    CHECK(four.is_armed());
    CHECK(four.at() == at(21));
}

TEST_CASE("timer_queue: armed again, moves", "[core][timer]") {
    std::vector<int> fired;
    timer_queue queue;
    alarm one(fired, 1);
    alarm two(fired, 2);
    queue.arm(one, at(10));
    queue.arm(two, at(20));

    queue.arm(one, at(30));
    queue.fire(at(25));
    CHECK(fired == std::vector{2});
    queue.fire(at(30));
    CHECK(fired == std::vector{2, 1});
}

TEST_CASE("timer_queue: timer disarmed or destroyed, does not fire", "[core][timer]") {
    std::vector<int> fired;
    timer_queue queue;
    alarm one(fired, 1);
    auto two = std::make_unique<alarm>(fired, 2);
    queue.arm(one, at(10));
    queue.arm(*two, at(10));

    one.disarm();
    one.disarm();
    two.reset();
    queue.fire(at(10));

    CHECK(fired.empty());
    CHECK(queue.empty());
}

TEST_CASE("timer_queue: destroyed, leaves its timers unarmed", "[core][timer]") {
    std::vector<int> fired;
    alarm one(fired, 1);
    alarm two(fired, 2);
    {
        timer_queue queue;
        queue.arm(one, at(10));
        queue.arm(two, at(10));
    }

    CHECK_FALSE(one.is_armed());
    CHECK_FALSE(two.is_armed());
}

TEST_CASE("timer_queue: callback arms itself again, fires once a call", "[core][timer]") {
    std::vector<int> fired;
    timer_queue queue;
    alarm one(fired, 1);
    one.queue = &queue;

    SECTION("for a time that has passed") {
        one.rearm_at = at(0);
        queue.arm(one, at(10));
        queue.fire(at(10));
        CHECK(fired == std::vector{1});
        queue.fire(at(10));
        CHECK(fired == std::vector{1, 1});
    }
    SECTION("for later") {
        alarm two(fired, 2);
        one.rearm_at = at(20);
        queue.arm(one, at(10));
        queue.arm(two, at(10));
        queue.fire(at(10));
        CHECK(fired == std::vector{1, 2});
        CHECK(queue.next() == at(20));
    }
}

TEST_CASE(
    "timer_queue: callback destroys the next due timer, that does not fire", "[core][timer]"
) {
    std::vector<int> fired;
    timer_queue queue;
    alarm one(fired, 1);
    one.victim = new alarm(fired, 2);
    queue.arm(one, at(10));
    queue.arm(*one.victim, at(10));

    queue.fire(at(10));

    CHECK(fired == std::vector{1});
}

TEST_CASE("timer_queue: random use, fires as a multimap would", "[core][timer]") {
    const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](int limit) {
        return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    std::vector<int> fired;
    std::vector<int> expected;
    timer_queue queue;
    std::deque<alarm> alarms;
    std::multimap<time_point, int> model; // keeps equal keys in the order of insertion
    const auto forget = [&model](int id) {
        const auto found = std::find_if(model.begin(), model.end(), [id](auto& entry) {
            return entry.second == id;
        });
        if (found != model.end()) {
            model.erase(found);
        }
    };
    for (int id = 0; id < 100; ++id) {
        alarms.emplace_back(fired, id);
    }

    int now = 0;
    for (int step = 0; step < 5000; ++step) {
        const int id = below(100);
        auto& chosen = alarms[static_cast<std::size_t>(id)];
        const int action = below(10);
        if (action < 6) {
            const auto when = at(now + below(50));
            queue.arm(chosen, when);
            forget(id);
            model.emplace(when, id);
        } else if (action < 8) {
            chosen.disarm();
            forget(id);
        } else {
            now += below(20);
            queue.fire(at(now));
            while (!model.empty() && model.begin()->first <= at(now)) {
                expected.push_back(model.begin()->second);
                model.erase(model.begin());
            }
        }
        REQUIRE(queue.next() == (model.empty() ? time_point::max() : model.begin()->first));
    }

    CHECK(fired == expected);
    CHECK(fired.size() > 1000);
}

TEST_CASE("timer_queue: a hundred thousand siblings, need no deep stack", "[core][timer]") {
    std::vector<int> fired;
    timer_queue queue;
    std::deque<alarm> alarms;
    for (int id = 0; id < 100'000; ++id) {
        queue.arm(alarms.emplace_back(fired, id), at(id));
    }

    queue.fire(at(100'000));

    CHECK(fired.size() == 100'000);
    CHECK(std::is_sorted(fired.begin(), fired.end()));
}

} // namespace
} // namespace eddy::detail
