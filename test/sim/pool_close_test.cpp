// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>

#include "sim/pooling.hpp"
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

// A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::pool;
using eddy::pool_options;
using eddy::task;
using eddy::within;

using pooled_test::ask;
using pooled_test::hold;
using pooled_test::pooling;

TEST_CASE("pool: closed, waits for what is leased", "[sim][pool]") {
    pooling test({.max_sessions = 1});
    test.run([](pool& tested, pooling& self) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(tested, 5s, "holder", order));
        users.spawn(hold(tested, 5s, "waiter", order));
        co_await eddy::sleep(1s);
        const auto begin = eddy::loop_clock::now();
        co_await tested.close();
        CHECK(eddy::loop_clock::now() - begin >= 4s);
        CHECK(eddy::loop_clock::now() - begin < 5s);
        CHECK(order == std::vector<std::string>{"holder", "waiter closed on this side"});
        const auto late = co_await tested.acquire(within(1s));
        CHECK(late.error() == errc::closed);
        CHECK(self.server->sessions() == 0);
        co_await users.join();
    });
}

TEST_CASE("pool: closed with a limit, what is leased then is aborted", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling&) -> task<> {
        auto held = co_await tested.acquire(within(1s));
        const auto begin = eddy::loop_clock::now();
        co_await tested.close(within(3s));
        CHECK(eddy::loop_clock::now() - begin == 3s);
        const auto got = co_await (*held)->read();
        CHECK(got.error() == errc::closed);
    });
}

TEST_CASE("pool: closed while it connects, leaves nothing behind", "[sim][pool]") {
    pooling test;
    test.world.cut(test.client, test.server_host);
    test.run([](pool& tested, pooling&) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(tested, 0s, "a", order));
        co_await eddy::sleep(1s);
        const auto begin = eddy::loop_clock::now();
        co_await tested.close();
        CHECK(eddy::loop_clock::now() == begin);
        co_await users.join();
        CHECK(order == std::vector<std::string>{"a closed on this side"});
    });
}

TEST_CASE("pool: destroyed as it is, those who wait are told, leases live on", "[sim][pool]") {
    pooling test({.max_sessions = 1});
    test.run([](pool&, pooling&) -> task<> {
        auto doomed = std::make_unique<pool>("tcp://server:7", pool_options{.max_sessions = 1});
        auto held = co_await doomed->acquire(within(1s));
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(*doomed, 0s, "a", order));
        doomed.reset();
        co_await users.join();
        CHECK(order == std::vector<std::string>{"a closed on this side"});
        const auto answer = co_await ask(**held, "still here");
        CHECK(answer == "still here");
    });
}

} // namespace
