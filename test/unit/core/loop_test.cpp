// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::manual_engine;

TEST_CASE("loop: no loop runs, there is no current one", "[core][loop]") {
    test::manual_loop loop;

    CHECK(loop::current_or_null() == nullptr);
    CHECK_THROWS_AS(loop::current(), std::logic_error);
    CHECK_FALSE(loop->is_current());
}

TEST_CASE("loop: running, is the current one", "[core][loop]") {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        CHECK(&loop::current() == &*loop);
        CHECK(loop->is_current());
        co_return;
    };

    loop->run(body());

    CHECK(loop::current_or_null() == nullptr);
}

TEST_CASE("loop: run with a task, gives its result or exception", "[core][loop]") {
    test::manual_loop loop;
    const auto value = []() -> task<std::string> { co_return "value"; };
    const auto failing = []() -> task<int> {
        co_await yield();
        throw std::runtime_error("no value");
    };

    CHECK(loop->run(value()) == "value");
    CHECK_THROWS_WITH(loop->run(failing()), "no value");
    CHECK(loop->run(value()) == "value");
}

TEST_CASE(
    "loop: stopped before the main task has ended, run throws and the task is gone", "[core][loop]"
) {
    test::manual_loop loop;
    bool is_destroyed = false;
    const auto body = [&]() -> task<int> {
        const std::shared_ptr<void> owned(nullptr, [&](void*) { is_destroyed = true; });
        loop->stop();
        co_await sleep(1h);
        co_return 1;
    };

    CHECK_THROWS_AS(loop->run(body()), cancelled);
    CHECK(is_destroyed);
}

TEST_CASE("loop: turn, runs posted functions, then timers, then coroutines", "[core][loop]") {
    test::manual_loop loop;
    std::string order;
    struct alarm : detail::timer {
        explicit alarm(std::string& log)
            : timer([](timer& self) noexcept { *static_cast<alarm&>(self).order += 't'; }),
              order(&log) {}
        std::string* order;
    } alarm(order);
    const auto body = [&]() -> task<> {
        loop->post([&] { order += 'p'; });
        loop->arm(alarm, loop->now());
        co_await yield();
        order += 'c';
        co_await yield();
        order += 'c';
        co_await sleep(1s);
    };

    loop->run(body());

    CHECK(order == "ccpt"); // what is ready is run within the turn that made it so
}

TEST_CASE("loop: within a turn, time stands still", "[core][loop]") {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        const auto before = loop->now();
        loop.engine().advance(1s);
        co_await yield();
        CHECK(loop_clock::now() == before);
        co_await sleep(0s);
        CHECK(loop_clock::now() == before + 1s);
    };

    loop->run(body());
    loop->post([&] { CHECK(loop->now() == loop.engine().now()); });
    loop->run();

    loop.engine().advance(1s);
    const auto outside = loop->now();
    CHECK(outside == loop.engine().now());
    loop.engine().advance(1s);
    CHECK(loop->now() == outside + 1s);
}

TEST_CASE(
    "loop: all timers gone when the engine fires, later ones are armed again", "[core][loop]"
) {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        {
            scope tasks;
            const auto sleeper = []() -> task<> { co_await sleep(1s); };
            tasks.spawn(sleeper());
            co_await sleep(500ms);
        }
        co_await yield();
    };
    loop->run(body()); // ends while the engine is armed for a timer that is gone
    loop->run();       // the engine fires it

    const auto start = loop->now();
    const auto sleeper = []() -> task<> { co_await sleep(2s); };
    loop->run(sleeper());

    CHECK(loop->now() - start == 2s);
}

TEST_CASE("loop: the last timer has fired, the engine is told that there is none", "[core][loop]") {
    test::manual_loop loop;
    const auto sleeper = []() -> task<> { co_await sleep(1s); };

    loop->run(sleeper());

    CHECK(loop.engine().last_armed() == time_point::max());
}

TEST_CASE("loop: posted functions, run in order and after the one that posts", "[core][loop]") {
    test::manual_loop loop;
    std::string order;
    loop->post([&] {
        order += 'a';
        loop->post([&] { order += 'c'; });
    });
    loop->post([&, owned = std::make_unique<int>(1)] { order += *owned == 1 ? 'b' : '?'; });

    loop->run();

    CHECK(order == "abc");
}

TEST_CASE("loop: function posts itself for ever, tasks and timers still run", "[core][loop]") {
    test::manual_loop loop;
    bool is_over = false;
    struct again {
        void operator()() const {
            if (!*over) {
                to->post(*this);
            }
        }
        eddy::loop* to;
        bool* over;
    };
    const auto body = [&]() -> task<> {
        loop->post(again{&*loop, &is_over});
        for (int i = 0; i < 1000; ++i) {
            co_await yield();
        }
        is_over = true;
    };

    loop->run(body());

    CHECK(is_over);
}

TEST_CASE("loop: posted function throws, run throws and keeps the others", "[core][loop]") {
    test::manual_loop loop;
    std::string order;
    loop->post([&] { order += 'a'; });
    loop->post([&] {
        loop->post([&] { order += 'd'; });
        throw std::runtime_error("posted");
    });
    loop->post([&] { order += 'b'; });
    loop->post([&] { order += 'c'; });

    CHECK_THROWS_WITH(loop->run(), "posted");
    CHECK(order == "a");
    loop->run();

    CHECK(order == "abcd");
}

TEST_CASE("loop: exception leaves run with a task, the task is gone", "[core][loop]") {
    test::manual_loop loop;
    bool is_destroyed = false;
    const auto body = [&]() -> task<> {
        const std::shared_ptr<void> owned(nullptr, [&](void*) { is_destroyed = true; });
        loop->post([] { throw std::runtime_error("posted"); });
        co_await sleep(1h);
    };

    CHECK_THROWS_WITH(loop->run(body()), "posted");

    CHECK(is_destroyed);
}

TEST_CASE("loop: stopped, runs what was posted before", "[core][loop]") {
    test::manual_loop loop;
    int ran = 0;
    loop->post([&] { ++ran; });
    loop->post([&] { ++ran; });

    loop->stop();
    loop->run();

    CHECK(ran == 2);
}

TEST_CASE(
    "loop: posts of many threads, loses none and keeps each thread's order", "[core][loop][thread]"
) {
    constexpr std::size_t threads = 4;
    constexpr int each = 5000;
    test::manual_loop loop(manual_engine::when_idle::wait);
    std::array<int, threads> next{};
    std::size_t finished = 0;
    bool is_in_order = true;
    std::vector<std::thread> posters;
    for (std::size_t id = 0; id < threads; ++id) {
        posters.emplace_back([&, id] {
            for (int i = 0; i < each; ++i) {
                loop->post([&, id, i] {
                    is_in_order = is_in_order && next[id] == i;
                    ++next[id];
                });
            }
            loop->post([&] {
                if (++finished == threads) {
                    loop->stop();
                }
            });
        });
    }

    loop->run();
    for (auto& poster : posters) {
        poster.join();
    }

    CHECK(is_in_order);
    CHECK(next == std::array<int, threads>{each, each, each, each});
}

TEST_CASE("loop: stopped from another thread, returns", "[core][loop][thread]") {
    test::manual_loop loop(manual_engine::when_idle::wait);
    std::thread stopper([&] { loop->stop(); });

    loop->run();
    stopper.join();

    CHECK(loop.engine().turns() == 1);
}

TEST_CASE("loop: destroyed, destroys its tasks and posted functions", "[core][loop]") {
    int destroyed = 0;
    const auto counted = [&] {
        return std::shared_ptr<void>(nullptr, [&](void*) { ++destroyed; });
    };
    const auto sleeper = [](std::shared_ptr<void> /*owned*/) -> task<> { co_await sleep(1h); };
    {
        test::manual_loop loop;
        const auto body = [&]() -> task<> {
            loop->tasks().spawn(sleeper(counted()));
            co_return;
        };
        loop->run(body());
        loop->post([owned = counted()] {});
        // Posts when it is destroyed.
        loop->post([owned = std::shared_ptr<void>(nullptr, [&](void*) {
                        loop->post([kept = counted()] {});
                    })] {});
        spawn_on(*loop, sleeper(counted()));
    }

    CHECK(destroyed == 4);
}

/// Brings a job back to the loop until the last moment that `engine::detach` allows, as a thread
/// for blocking work may.
class late_engine : public test::manual_engine {
public:
    explicit late_engine(std::shared_ptr<int> owned) noexcept : owned_(std::move(owned)) {}

    void attach(loop& owner) override {
        manual_engine::attach(owner);
        home_ = &owner;
    }
    void detach() noexcept override {
        home_->post([kept = owned_] {});
    }

private:
    std::shared_ptr<int> owned_;
    loop* home_ = nullptr;
};

TEST_CASE("loop: posted to while it is destroyed, drops that too", "[core][loop]") {
    const auto owned = std::make_shared<int>(1);

    {
        const loop brief(std::make_unique<late_engine>(owned));
    }

    CHECK(owned.use_count() == 1);
}

TEST_CASE("spawn_on: task fails, the loop's other tasks go on", "[core][loop]") {
    test::manual_loop loop;
    bool is_done = false;
    const auto failing = [](int how) -> task<> {
        co_await yield();
        if (how == 0) {
            throw std::runtime_error("task");
        }
        throw how;
    };
    const auto other = [&]() -> task<> {
        co_await sleep(1s);
        is_done = true;
    };

    spawn_on(*loop, other());
    spawn_on(*loop, failing(0));
    spawn_on(*loop, failing(1));
    loop->run();

    CHECK(is_done);
    CHECK(loop->tasks().empty());
}

struct holder final : detail::flushable {
    void flush() noexcept override {
        ++flushes;
        *order += 'f';
    }
    std::string* order = nullptr;
    int flushes = 0;
};

TEST_CASE("loop: bytes held back, are flushed when the coroutine comes to wait", "[core][loop]") {
    test::manual_loop loop;
    std::string order;
    holder outbox;
    outbox.order = &order;

    SECTION("by a task") {
        const auto body = [&]() -> task<> {
            loop->flush_later(outbox);
            loop->flush_later(outbox);
            order += 'a';
            co_await yield();
            order += 'b';
        };
        loop->run(body());
        CHECK(order == "afb");
    }
    SECTION("by a posted function") {
        loop->post([&] {
            loop->flush_later(outbox);
            order += 'a';
        });
        loop->post([&] { order += 'b'; });
        loop->run();
        CHECK(order == "afb");
    }
    SECTION("between two turns") {
        loop->flush_later(outbox);
        loop->run();
        CHECK(order == "f");
    }
}

TEST_CASE("loop: many coroutines are ready, their bytes are flushed together", "[core][loop]") {
    test::manual_loop loop;
    std::string order;
    std::vector<holder> outboxes(20);
    event start;
    const auto body = [&](holder& mine) -> task<> {
        mine.order = &order;
        co_await start.wait();
        order += 'r';
        loop->flush_later(mine);
    };
    for (auto& each : outboxes) {
        spawn_on(*loop, body(each));
    }
    loop->run();
    loop->post([&] { start.set(); });
    loop->run();

    CHECK(order == std::string(16, 'r') + std::string(16, 'f') + "rrrrffff");
}

TEST_CASE("loop: what is reported after begin_turn, belongs to that turn", "[core][loop]") {
    test::manual_loop loop;
    event news;
    bool is_heard = false;
    spawn_on(*loop, [](event& reported, bool& heard) -> task<> {
        co_await reported.wait();
        heard = true;
    }(news, is_heard));
    loop->run();
    const auto turns = loop->turns();
    const auto asked = loop.engine().turns();

    loop->begin_turn();
    loop->begin_turn();
    news.set();
    CHECK_FALSE(is_heard);
    loop->turn();
    CHECK(is_heard);
    loop->run();

    CHECK(loop->turns() == turns + 1);
    CHECK(loop.engine().turns() == asked);
}

TEST_CASE("loop: coroutines are ready for ever, the engine gets its turn", "[core][loop]") {
    test::manual_loop loop;
    const auto body = [&]() -> task<> {
        const auto before = loop.engine().turns();
        for (int i = 0; i < 1000; ++i) {
            co_await yield();
        }
        CHECK(loop.engine().turns() >= before + 5);
    };

    loop->run(body());
}

} // namespace
} // namespace eddy
