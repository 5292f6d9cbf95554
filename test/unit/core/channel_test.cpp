// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/channel.hpp>
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <string>
#include <vector>

namespace eddy {
namespace {

using log = std::vector<std::string>;

std::string text(const result<int>& received) {
    return received ? std::to_string(*received) : received.error().message();
}

std::string text(errc code) {
    return make_error_code(code).message();
}

task<> receive_one(channel<int> from, log& received) {
    received.push_back(text(co_await from.receive()));
}

task<> send_one(channel<int> to, int item, log& sent) {
    const auto done = co_await to.send(item);
    sent.push_back(done ? "sent " + std::to_string(item) : done.error().message());
}

// g++ 12 performs a co_await inside of CHECK twice, hence these.

task<> check_send(channel<int> to, int item) {
    const auto sent = co_await to.send(item);
    CHECK(sent.error() == error_code());
}

task<> check_receive(channel<int> from, int expected) {
    const auto item = co_await from.receive();
    REQUIRE(item);
    CHECK(*item == expected);
}

TEST_CASE("channel: items sent, come out in order", "[core][channel]") {
    test::manual_loop loop;
    const auto capacity = GENERATE(0U, 1U, 3U, 100U);
    const auto produce = [](channel<int> to) -> task<> {
        for (int i = 0; i < 50; ++i) {
            co_await check_send(to, i);
        }
        to.close();
    };
    const auto body = [&]() -> task<> {
        channel<int> numbers(capacity);
        scope tasks;
        tasks.spawn(produce(numbers));
        int expected = 0;
        while (const auto item = co_await numbers.receive()) {
            CHECK(*item == expected++);
        }
        CHECK(expected == 50);
        co_await tasks.join();
    };

    loop->run(body());
}

TEST_CASE("channel: items that can only be moved, pass through", "[core][channel]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        channel<std::unique_ptr<std::string>> texts(2);
        static_cast<void>(co_await texts.send(std::make_unique<std::string>("first")));
        static_cast<void>(co_await texts.send(std::make_unique<std::string>("second")));
        const auto first = co_await texts.receive();
        REQUIRE(first);
        CHECK(**first == "first"); // the other is destroyed with the channel
    };

    loop->run(body());
}

TEST_CASE("channel: full, send waits for a receiver", "[core][channel]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&](std::size_t capacity) -> task<> {
        channel<int> numbers(capacity);
        for (std::size_t i = 0; i < capacity; ++i) {
            CHECK(numbers.try_send(0));
        }
        scope tasks;
        tasks.spawn(send_one(numbers, 1, entries));
        tasks.spawn(send_one(numbers, 2, entries));
        co_await yield();
        CHECK(entries.empty());
        for (std::size_t i = 0; i < capacity; ++i) {
            co_await check_receive(numbers, 0);
        }
        co_await check_receive(numbers, 1);
        co_await check_receive(numbers, 2);
        co_await tasks.join();
    };

    loop->run(body(GENERATE(0U, 1U, 2U)));

    CHECK(entries == log{"sent 1", "sent 2"});
}

TEST_CASE("channel: empty, receivers are served in order", "[core][channel]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&](std::size_t capacity) -> task<> {
        channel<int> numbers(capacity);
        scope tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.spawn(receive_one(numbers, entries));
        }
        for (int i = 1; i <= 3; ++i) {
            co_await check_send(numbers, i);
        }
        co_await tasks.join();
    };

    loop->run(body(GENERATE(0U, 1U, 5U)));

    CHECK(entries == log{"1", "2", "3"});
}

TEST_CASE("channel: try functions, never wait", "[core][channel]") {
    channel<std::unique_ptr<int>> numbers(1);
    auto item = std::make_unique<int>(1);

    CHECK(numbers.try_receive().error() == errc::would_block);
    CHECK(numbers.try_send(std::move(item)));
    CHECK_FALSE(item);
    item = std::make_unique<int>(2);
    CHECK(numbers.try_send(std::move(item)).error() == errc::would_block);
    CHECK(*item == 2); // untouched by failure
    CHECK(**numbers.try_receive() == 1);

    numbers.close();
    CHECK(numbers.try_send(std::move(item)).error() == errc::closed);
    CHECK(*item == 2);
    CHECK(numbers.try_receive().error() == errc::closed);
}

TEST_CASE("channel: closed, gives what it holds and then says so", "[core][channel]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        channel<int> numbers(2);
        co_await check_send(numbers, 1);
        co_await check_send(numbers, 2);
        numbers.close();
        numbers.close();
        const auto late = co_await numbers.send(3);
        CHECK(late.error() == errc::closed);
        co_await check_receive(numbers, 1);
        CHECK(*numbers.try_receive() == 2);
        const auto end = co_await numbers.receive();
        CHECK(end.error() == errc::closed);
    };

    loop->run(body());
}

TEST_CASE("channel: closed while tasks wait, they end with closed", "[core][channel]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        channel<int> numbers(0);
        scope tasks;
        SECTION("to receive") {
            tasks.spawn(receive_one(numbers, entries));
        }
        SECTION("to send") {
            tasks.spawn(send_one(numbers, 1, entries));
        }
        numbers.close();
        CHECK(entries.empty());
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(entries == log{text(errc::closed)});
}

TEST_CASE(
    "channel: task stopped before it began, gets cancelled and moves nothing", "[core][channel]"
) {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        channel<int> numbers(2);
        CHECK(numbers.try_send(7));
        scope tasks;
        tasks.request_stop();
        tasks.spawn(receive_one(numbers, entries));
        tasks.spawn(send_one(numbers, 8, entries));
        co_await tasks.join();
        CHECK(*numbers.try_receive() == 7);
        CHECK(numbers.try_receive().error() == errc::would_block);
    };

    loop->run(body());

    CHECK(entries == log{text(errc::cancelled), text(errc::cancelled)});
}

TEST_CASE(
    "channel: task stopped while it waits, gets cancelled and leaves the queue", "[core][channel]"
) {
    test::manual_loop loop;
    log stopped;
    log served;
    const auto body = [&]() -> task<> {
        channel<int> numbers(0);
        scope kept;
        scope dropped;
        SECTION("receivers") {
            dropped.spawn(receive_one(numbers, stopped));
            kept.spawn(receive_one(numbers, served));
            dropped.request_stop();
            co_await check_send(numbers, 1);
        }
        SECTION("senders") {
            dropped.spawn(send_one(numbers, 0, stopped));
            kept.spawn(send_one(numbers, 1, served));
            dropped.request_stop();
            co_await check_receive(numbers, 1);
        }
        co_await dropped.join();
        co_await kept.join();
    };

    loop->run(body());

    CHECK(stopped == log{text(errc::cancelled)});
    CHECK(served.size() == 1);
    CHECK(served.front().back() == '1');
}

TEST_CASE("channel: stop comes after the item, the receiver keeps it", "[core][channel]") {
    test::manual_loop loop;
    log entries;
    const auto body = [&]() -> task<> {
        channel<int> numbers(1);
        scope tasks;
        tasks.spawn(receive_one(numbers, entries));
        CHECK(numbers.try_send(1));
        tasks.request_stop();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(entries == log{"1"});
}

TEST_CASE(
    "channel: receiver destroyed before it resumes, its item goes to the next", "[core][channel]"
) {
    test::manual_loop loop;
    log lost;
    log entries;
    const auto body = [&](std::size_t capacity) -> task<> {
        channel<int> numbers(capacity);
        scope kept;
        scope dropped;
        dropped.spawn(receive_one(numbers, lost));

        SECTION("who waits already") {
            kept.spawn(receive_one(numbers, entries));
            CHECK(numbers.try_send(1));
            dropped.destroy_all();
        }
        SECTION("who comes later, before newer items") {
            CHECK(numbers.try_send(1));
            kept.spawn(send_one(numbers, 2, lost));
            dropped.destroy_all();
            kept.spawn(receive_one(numbers, entries));
            kept.spawn(receive_one(numbers, entries));
        }
        numbers.try_receive();
        co_await yield();
        co_await yield();
        kept.destroy_all();
    };

    loop->run(body(GENERATE(0U, 1U)));

    REQUIRE_FALSE(entries.empty());
    CHECK(entries.front() == "1");
}

TEST_CASE("channel: waiting tasks destroyed, others are served", "[core][channel]") {
    test::manual_loop loop;
    log lost;
    log entries;
    const auto body = [&]() -> task<> {
        channel<int> numbers(0);
        scope kept;
        {
            scope dropped;
            dropped.spawn(receive_one(numbers, lost));
            kept.spawn(receive_one(numbers, entries));
        }
        co_await check_send(numbers, 1);
        co_await kept.join();
        {
            scope dropped;
            dropped.spawn(send_one(numbers, 2, lost));
            kept.spawn(send_one(numbers, 3, entries));
        }
        co_await check_receive(numbers, 3);
        co_await kept.join();
    };

    loop->run(body());

    CHECK(lost.empty());
    CHECK(entries == log{"1", "sent 3"});
}

TEST_CASE("channel: send finishes at once for ever, others still run", "[core][channel]") {
    test::manual_loop loop;
    const auto pump = [](channel<int> numbers) -> task<> {
        while (co_await numbers.send(1)) {
            static_cast<void>(co_await numbers.receive());
        }
    };
    bool has_run = false;
    const auto body = [&]() -> task<> {
        channel<int> numbers(1);
        scope tasks;
        tasks.spawn(pump(numbers));
        co_await yield();
        has_run = true;
        tasks.request_stop();
        tasks.destroy_all(); // perhaps between the grant of an item and its receipt
    };

    loop->run(body());

    CHECK(has_run);
}

TEST_CASE("channel: steady state on one loop, allocates nothing", "[core][channel]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    test::manual_loop loop;
    const auto capacity = GENERATE(0U, 1U, 10U);
    const auto echo = [](channel<int> from, channel<int> to) -> task<> {
        while (const auto item = co_await from.receive()) {
            static_cast<void>(co_await to.send(*item));
        }
    };
    std::size_t allocated = 1;
    const auto body = [&]() -> task<> {
        channel<int> there(capacity);
        channel<int> back(capacity);
        scope tasks;
        tasks.spawn(echo(there, back));
        for (int round = 0; round < 2; ++round) {
            const test::allocation_counter allocations;
            for (int i = 0; i < 100; ++i) {
                static_cast<void>(co_await there.send(i));
                static_cast<void>(co_await back.receive());
            }
            allocated = allocations.count();
        }
        there.close();
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(allocated == 0);
}

} // namespace
} // namespace eddy
