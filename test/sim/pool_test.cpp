// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>

#include "sim/pooling.hpp"
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::lease;
using eddy::pool;
using eddy::pool_close;
using eddy::task;
using eddy::within;

using pooled_test::ask;
using pooled_test::hold;
using pooled_test::pooling;

TEST_CASE("pool: a session comes back, the one used last is lent first", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling&) -> task<> {
        std::uint64_t first_id = 0;
        {
            auto first = co_await tested.acquire(within(1s));
            auto second = co_await tested.acquire(within(1s));
            CHECK_FALSE(first->is_reused());
            first_id = (*first)->id();
            const auto answer = co_await ask(**first, "hello");
            CHECK(answer == "hello");
            {
                auto gone = std::move(second); // comes back first
            }
            CHECK(tested.stats().idle == 1);
        }
        CHECK(tested.stats().idle == 2);

        auto again = co_await tested.acquire(within(1s));

        CHECK((*again)->id() == first_id);
        CHECK(again->is_reused());
        CHECK(again->at() == eddy::endpoint("tcp://server:7"));
        const auto answer = co_await ask(**again, "once more");
        CHECK(answer == "once more");
        const auto stats = tested.stats();
        CHECK(stats.connects == 2);
        CHECK(stats.leases == 3);
        CHECK(stats.reused == 1);
        CHECK(stats.leased == 1);
    });
}

TEST_CASE("pool: what comes back in the middle of something is not lent again", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling&) -> task<> {
        {
            auto used = co_await tested.acquire(within(1s));
            co_await (*used)->write("one\ntwo\n");
            const auto first = co_await (*used)->read_line();
            CHECK(*first == "one"); // "two" is not read
        }
        {
            auto used = co_await tested.acquire(within(1s));
            CHECK_FALSE(used->is_reused());
            used->discard();
        }
        {
            auto used = co_await tested.acquire(within(1s));
            CHECK_FALSE(used->is_reused());
            co_await (*used)->close();
        }
        {
            auto used = co_await tested.acquire(within(1s));
            CHECK_FALSE(used->is_reused());
            const auto answer = co_await ask(**used, "close");
            CHECK(answer == "close");
            const auto end = co_await (*used)->read();
            CHECK(end.error() == errc::end_of_stream);
        }
        CHECK(tested.stats().closed_for(pool_close::unfit) == 4);
        CHECK(tested.stats().idle == 0);
    });
}

TEST_CASE("pool: who waits for one that is thrown away, gets another", "[sim][pool]") {
    pooling test({.max_sessions = 1});
    test.run([](pool& tested, pooling&) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        {
            auto used = co_await tested.acquire(within(1s));
            users.spawn(hold(tested, 1s, "next", order));
            used->discard();
        }
        co_await eddy::sleep(100ms);
        CHECK(order == std::vector<std::string>{"next"});
        CHECK(tested.stats().connects == 2);
        co_await users.join();
    });
}

TEST_CASE("pool: all in use, those who wait get one in their order", "[sim][pool]") {
    pooling test({.max_sessions = 2});
    test.run([](pool& tested, pooling& self) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            users.spawn(hold(tested, 1s, name, order));
        }
        co_await eddy::sleep(1ms);
        CHECK(tested.stats().waiting == 5);
        CHECK(tested.stats().connecting == 2);
        co_await eddy::sleep(100ms);
        CHECK(tested.stats().waiting == 3);
        CHECK(tested.stats().leased == 2);
        CHECK(self.server->sessions() == 2);
        co_await users.join();
        CHECK(order == std::vector<std::string>{"a", "b", "c", "d", "e"});
        CHECK(tested.stats().connects == 2);
    });
}

TEST_CASE("pool: limits of those who wait, and of their number", "[sim][pool]") {
    pooling test({.max_sessions = 1, .max_waiting = 1});
    test.run([](pool& tested, pooling&) -> task<> {
        std::optional<lease> held;
        {
            auto got = co_await tested.acquire(within(1s));
            held.emplace(std::move(*got));
        }
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(tested, 0s, "patient", order));
        {
            const auto refused = co_await tested.acquire(within(1h));
            CHECK(refused.error() == errc::would_block);
        }
        users.request_stop();
        co_await users.join();
        CHECK(order == std::vector<std::string>{"patient cancelled"});
        {
            const auto begin = eddy::loop_clock::now();
            const auto late = co_await tested.acquire(within(3s));
            CHECK(late.error() == errc::timed_out);
            CHECK(eddy::loop_clock::now() - begin == 3s);
            const auto passed = co_await tested.acquire(within(0s));
            CHECK(passed.error() == errc::timed_out);
        }
        held.reset();
        const auto at_once = co_await tested.acquire(within(0s)); // what is idle it gets
        CHECK(at_once.has_value());
        CHECK(tested.stats().refused == 1);
        CHECK(tested.stats().timed_out == 2);
    });
}

TEST_CASE("pool: who waits is destroyed with a lease in hand, the next gets it", "[sim][pool]") {
    pooling test({.max_sessions = 1});
    test.run([](pool& tested, pooling&) -> task<> {
        std::vector<std::string> order;
        auto doomed = std::make_unique<eddy::scope>();
        eddy::scope others;
        {
            auto held = co_await tested.acquire(within(1s));
            doomed->spawn(hold(tested, 0s, "doomed", order));
            others.spawn(hold(tested, 0s, "next", order));
        } // lent to the first in the line, who has not run yet
        CHECK(tested.stats().leased == 1);
        doomed.reset();
        co_await others.join();
        CHECK(order == std::vector<std::string>{"next"});
        CHECK(tested.stats().idle == 1);
    });
}

TEST_CASE("pool: a lease is replaced by another, the first is back at once", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling&) -> task<> {
        auto held = co_await tested.acquire(within(1s));
        auto other = co_await tested.acquire(within(1s));
        *held = std::move(*other);
        CHECK(tested.stats().leased == 1);
        CHECK(tested.stats().idle == 1);
        const auto answer = co_await ask(**held, "hello");
        CHECK(answer == "hello");
    });
}

} // namespace
