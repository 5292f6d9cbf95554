// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/channel.hpp>
#include <eddy/core/error.hpp>
#include <eddy/core/loop_group.hpp>
#include <eddy/core/sleep.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <memory>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

namespace eddy {
namespace {

using test::manual_engine;

std::vector<std::unique_ptr<engine>> engines(std::size_t count) {
    std::vector<std::unique_ptr<engine>> made;
    for (std::size_t i = 0; i < count; ++i) {
        made.push_back(std::make_unique<manual_engine>(manual_engine::when_idle::wait));
    }
    return made;
}

std::string thread_name() {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    return name.data();
}

bool is_blocked(int signal) {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, signal) == 1;
}

/// What a loop's thread looks like from the inside. Written there, read after join.
struct sighting {
    std::string name;
    std::thread::id id;
    bool blocks_signals = false;
    bool is_current = false;
};

void look(loop& from, sighting& seen) {
    from.post([&from, &seen] {
        seen = {
            thread_name(),
            std::this_thread::get_id(),
            is_blocked(SIGTERM) && is_blocked(SIGPIPE),
            from.is_current()
        };
    });
}

TEST_CASE("loop_group: its loops, share no cache line", "[core][loop_group]") {
    loop_group group(engines(3));

    for (std::size_t i = 0; i != group.size(); ++i) {
        const auto begin = reinterpret_cast<std::uintptr_t>(&group[i]);
        CHECK(begin % detail::cache_line == 0);
    }
    CHECK(sizeof(detail::on_own_lines<loop>) % detail::cache_line == 0);
}

TEST_CASE("loop_group: no loops, is refused", "[core][loop_group]") {
    CHECK_THROWS_AS(loop_group(engines(0)), std::invalid_argument);
}

TEST_CASE(
    "loop_group: started, runs each loop on its own named thread", "[core][loop_group][thread]"
) {
    loop_group group(engines(3));
    std::array<sighting, 3> seen;
    REQUIRE(group.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        look(group[i], seen[i]);
    }

    group.start();
    group.stop(); // what was posted before is run
    group.join();

    std::set<std::thread::id> threads{std::this_thread::get_id()};
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(seen[i].name == "eddy/" + std::to_string(i));
        CHECK(seen[i].blocks_signals);
        CHECK(seen[i].is_current);
        threads.insert(seen[i].id);
    }
    CHECK(threads.size() == 4);
}

TEST_CASE(
    "loop_group: sessions on several loops, no two have the same number", "[core][loop_group]"
) {
    loop_group group(engines(2));

    CHECK(group[0].next_session_id() == 1);
    CHECK(group[1].next_session_id() == 2);
    CHECK(group[0].next_session_id() == 3);
    CHECK(group[1].next_session_id() == 4);
}

TEST_CASE("loop_group: run, has the first loop on this thread", "[core][loop_group][thread]") {
    loop_group group(engines(2));
    std::array<sighting, 2> seen;
    look(group[0], seen[0]);
    look(group[1], seen[1]);
    group[1].post([&] { group.stop(); });
    const auto own_name = thread_name();

    group.run();

    CHECK(seen[0].id == std::this_thread::get_id());
    CHECK(seen[1].id != std::this_thread::get_id());
    CHECK(thread_name() == own_name);
    CHECK_FALSE(is_blocked(SIGTERM));
}

TEST_CASE("loop_group: stopped before it starts, run returns", "[core][loop_group][thread]") {
    loop_group group(engines(2));

    group.stop();
    group.run();

    CHECK(loop::current_or_null() == nullptr);
}

TEST_CASE(
    "loop_group: exception leaves a loop, all stop and it is thrown", "[core][loop_group][thread]"
) {
    loop_group group(engines(3));
    const auto failing = GENERATE(0U, 2U);
    group[failing].post([] { throw std::runtime_error("loop"); });

    SECTION("out of join") {
        group.start();
        CHECK_THROWS_WITH(group.join(), "loop");
    }
    SECTION("out of run") {
        CHECK_THROWS_WITH(group.run(), "loop");
    }
}

TEST_CASE("loop_group: destroyed while running, stops and joins", "[core][loop_group][thread]") {
    bool has_run = false;
    {
        loop_group group(engines(2));
        group[1].post([&] { has_run = true; });
        group.start();
    }

    CHECK(has_run);
}

TEST_CASE(
    "loop_group: system gives no thread, throws what to do about it", "[core][loop_group][thread]"
) {
    if (!test::allocation_counter::is_available()) {
        return; // a sanitizer needs address space for itself
    }
    loop_group group(engines(64));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
    rlimit tight = before;
    tight.rlim_cur = 1; // no further mapping succeeds, and so no stack for a thread
    std::string message;

    REQUIRE(::setrlimit(RLIMIT_AS, &tight) == 0);
    try {
        group.start();
    } catch (const error& failure) {
        message = failure.what();
    }
    REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);

    CHECK(message.find("cannot start thread eddy/") == 0);
    CHECK(
        message.find("of 64: Resource temporarily unavailable; ask for fewer loops") !=
        std::string::npos
    );
}

// Between loops

task<> produce(channel<int> to, int from, int count, channel<int> finished) {
    for (int i = 0; i < count; ++i) {
        static_cast<void>(co_await to.send(from + i));
    }
    static_cast<void>(co_await finished.send(0));
}

task<> consume(channel<int> from, std::vector<int>& received, channel<int> finished) {
    while (const auto item = co_await from.receive()) {
        received.push_back(*item);
    }
    static_cast<void>(co_await finished.send(0));
}

task<> await_all(channel<int> finished, int count) {
    for (int i = 0; i < count; ++i) {
        static_cast<void>(co_await finished.receive());
    }
}

TEST_CASE(
    "channel: producers and consumers on several loops, loses and repeats nothing",
    "[core][channel][thread]"
) {
    constexpr int each = 1000;
    const auto capacity = GENERATE(0U, 1U, 16U);
    loop_group group(engines(3));
    channel<int> numbers(capacity);
    channel<int> produced(4);
    channel<int> consumed(4);
    std::array<std::vector<int>, 3> received;
    for (std::size_t i = 0; i < 3; ++i) {
        spawn_on(group[i], produce(numbers, static_cast<int>(i) * each, each, produced));
        spawn_on(group[i], consume(numbers, received[i], consumed));
    }
    const auto body = [&]() -> task<> {
        co_await await_all(produced, 3);
        numbers.close();
        co_await await_all(consumed, 3);
        group.stop();
    };
    spawn_on(group[0], body());

    group.run();

    std::set<int> all;
    std::size_t count = 0;
    for (const auto& part : received) {
        count += part.size();
        all.insert(part.begin(), part.end());
    }
    CHECK(count == 3 * each);
    CHECK(all.size() == 3 * each);
}

/// Receives with receivers that are stopped or destroyed all the time.
task<> consume_fitfully(
    channel<int> from, std::vector<int>& received, bool destroys, channel<int> finished
) {
    bool is_open = true;
    const auto one = [](channel<int> source, std::vector<int>& into, bool& open) -> task<> {
        const auto item = co_await source.receive();
        if (item) {
            into.push_back(*item);
        } else if (item.error() == errc::closed) {
            open = false;
        }
    };
    while (is_open) {
        scope receivers;
        receivers.spawn(one(from, received, is_open));
        receivers.spawn(one(from, received, is_open));
        co_await yield();
        if (destroys) {
            receivers.destroy_all();
        } else {
            receivers.request_stop();
        }
        co_await receivers.join();
    }
    static_cast<void>(co_await finished.send(0));
}

TEST_CASE(
    "channel: receivers on another loop come and go, no item is lost", "[core][channel][thread]"
) {
    constexpr int count = 200;
    const auto capacity = GENERATE(0U, 4U);
    const bool destroys = GENERATE(false, true);
    loop_group group(engines(3));
    channel<int> numbers(capacity);
    channel<int> produced(1);
    channel<int> consumed(2);
    std::array<std::vector<int>, 2> received;
    spawn_on(group[0], produce(numbers, 0, count, produced));
    spawn_on(group[1], consume_fitfully(numbers, received[0], destroys, consumed));
    spawn_on(group[2], consume_fitfully(numbers, received[1], destroys, consumed));
    const auto body = [&]() -> task<> {
        co_await await_all(produced, 1);
        numbers.close();
        co_await await_all(consumed, 2);
        group.stop();
    };
    spawn_on(group[0], body());

    group.run();

    // A receiver that was destroyed last of all has left its item in the channel.
    while (const auto item = numbers.try_receive()) {
        received[0].push_back(*item);
    }
    std::set<int> all(received[0].begin(), received[0].end());
    all.insert(received[1].begin(), received[1].end());
    CHECK(received[0].size() + received[1].size() == count);
    CHECK(all.size() == count);
}

TEST_CASE(
    "channel: group destroyed while tasks of its loops wait, is safe", "[core][channel][thread]"
) {
    channel<int> numbers(0);
    std::array<std::vector<int>, 2> received;
    {
        loop_group group(engines(2));
        channel<int> finished(1);
        for (std::size_t i = 0; i < 2; ++i) {
            spawn_on(group[i], consume(numbers, received[i], finished));
            spawn_on(group[i], produce(numbers, 0, 1'000'000, finished));
        }
        group[0].post([&] { group.stop(); });
        group.start();
    }

    CHECK(numbers.try_send(1).error() == errc::would_block); // nobody waits any more
}

TEST_CASE("channel: threads without a loop, may use the try functions", "[core][channel][thread]") {
    test::manual_loop loop(manual_engine::when_idle::wait);
    channel<int> numbers(1);
    std::thread feeder([numbers]() mutable {
        for (int i = 0; i < 100;) {
            int item = i;
            i += numbers.try_send(std::move(item)) ? 1 : 0;
            std::this_thread::yield();
        }
        numbers.close();
    });
    std::vector<int> received;
    const auto body = [&]() -> task<> {
        channel<int> finished(1);
        co_await consume(numbers, received, finished);
    };

    loop->run(body());
    feeder.join();

    CHECK(received.size() == 100);
}

} // namespace
} // namespace eddy
