// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>
#include <eddy/sim/world.hpp>

#include "sim/pooling.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::pool;
using eddy::pool_close;
using eddy::pool_options;
using eddy::task;
using eddy::within;
namespace sim = eddy::sim;

using pooled_test::ask;
using pooled_test::hold;
using pooled_test::line_server;
using pooled_test::pooling;

TEST_CASE("pool: a server that refuses for a while, one attempt at a time", "[sim][pool]") {
    // A retry of `connect` would go on for ever, and has no effect.
    pooling test({
        .pause = {.first = 100ms, .max = 1s},
        .connect = {.retry = {.attempts = 0}},
    });
    test.server.reset();
    test.run([](pool& tested, pooling& self) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        for (int i = 0; i != 16; ++i) {
            users.spawn(hold(tested, 10ms, "served", order));
        }
        co_await eddy::sleep(10s);
        CHECK(tested.stats().waiting == 16);
        CHECK(tested.stats().failures > 16); // the first round, all at once, and then
        CHECK(tested.stats().failures < 60); // one after the other
        CHECK(tested.failures().size() == 1);
        CHECK(tested.failures().front().why == std::errc::connection_refused);
        self.world.after(0s, [&self] { self.server.emplace(self.server_host); });
        co_await users.join();
        CHECK(order == std::vector<std::string>(16, "served"));
        CHECK(tested.failures().empty());
    });
}

TEST_CASE("pool: a name that is not there, told at once to all who wait", "[sim][pool]") {
    pooling test;
    test.world.names().fail("server", errc::no_such_host);
    test.run([](pool& tested, pooling&) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(tested, 0s, "a", order));
        users.spawn(hold(tested, 0s, "b", order));
        co_await users.join();
        const auto why = make_error_code(errc::no_such_host).message();
        CHECK(order == std::vector<std::string>{"a " + why, "b " + why});
    });
}

TEST_CASE("pool: one of three endpoints is dead, the others share", "[sim][pool]") {
    sim::world world({.profile = sim::profile::calm()});
    auto& client = world.add_host("client");
    auto& a = world.add_host("a");
    auto& dead = world.add_host("dead");
    auto& b = world.add_host("b");
    line_server at_a(a);
    line_server at_b(b);
    const bool is_silent = GENERATE(false, true);
    if (is_silent) {
        world.cut(client, dead);
    }

    const auto main = [](line_server& first, line_server& second) -> task<> {
        const eddy::connect_options patience{.timeout = 1s};
        pool tested(
            {"tcp://a:7", "tcp://dead:7", "tcp://b:7"},
            {.max_sessions = 6, .pause = {.first = 1min, .max = 1h}, .connect = patience}
        );
        std::vector<std::string> order;
        eddy::scope users;
        for (int i = 0; i != 6; ++i) {
            users.spawn(hold(tested, 10s, "served", order));
        }
        co_await eddy::sleep(5s);
        CHECK(order == std::vector<std::string>(6, "served"));
        CHECK(first.sessions() == 3);
        CHECK(second.sessions() == 3);
        CHECK(tested.failures().size() == 1);
        CHECK(tested.failures().front().at == eddy::endpoint("tcp://dead:7"));
        CHECK(tested.failures().front().attempts <= 2);
        co_await users.join();
        co_await tested.close();
    };
    client.spawn(main(at_a, at_b));
    world.run();
    CHECK(client.open_descriptors() == 0);
}

TEST_CASE("pool: the next session is made where the fewest are", "[sim][pool]") {
    pooling test;
    const line_server at_other(test.world.add_host("other"));
    test.run([](pool&, pooling&) -> task<> {
        pool tested({"tcp://server:7", "tcp://other:7"});
        const auto first = co_await tested.acquire(within(1s));
        CHECK(first->at() == eddy::endpoint("tcp://server:7"));
        {
            auto second = co_await tested.acquire(within(1s));
            CHECK(second->at() == eddy::endpoint("tcp://other:7"));
            second->discard();
        }
        co_await eddy::sleep(10ms); // it counts until it is closed
        const auto third = co_await tested.acquire(within(1s));
        CHECK(third->at() == eddy::endpoint("tcp://other:7")); // where there is none any more
    });
}

TEST_CASE("pool: other endpoints, the sessions of the old ones go", "[sim][pool]") {
    pooling test;
    auto& other = test.world.add_host("other");
    line_server at_other(other);
    test.run([&at_other](pool& tested, pooling& self) -> task<> {
        std::vector<std::string> order;
        eddy::scope users;
        users.spawn(hold(tested, 5s, "a", order));
        users.spawn(hold(tested, 1s, "b", order));
        co_await eddy::sleep(2s); // one is leased, one idle
        std::vector<eddy::endpoint> where{"tcp://other:7"};
        tested.set_endpoints(std::move(where));
        CHECK(tested.stats().idle == 0);
        CHECK(tested.stats().leased == 1);
        {
            auto used = co_await tested.acquire(within(1s));
            CHECK(used->at() == eddy::endpoint("tcp://other:7"));
            const auto answer = co_await ask(**used, "hello");
            CHECK(answer == "hello");
        }
        CHECK(at_other.sessions() == 1);
        co_await users.join();
        CHECK(tested.stats().closed_for(pool_close::removed) == 2);
        co_await eddy::sleep(1s);
        CHECK(self.server->sessions() == 0);
    });
}

TEST_CASE("pool: no endpoint, or options out of range, misuse", "[sim][pool]") {
    sim::world world({.profile = sim::profile::calm()});
    auto& client = world.add_host("client");
    const auto make = [](std::vector<eddy::endpoint> where, pool_options options) -> task<> {
        const pool made(std::move(where), std::move(options));
        co_return;
    };

    client.spawn(make({}, {}));
    CHECK_THROWS_AS(world.run(), std::invalid_argument);
    client.spawn(make({"tcp://a:1"}, {.max_sessions = 0}));
    CHECK_THROWS_AS(world.run(), std::invalid_argument);
}

} // namespace
