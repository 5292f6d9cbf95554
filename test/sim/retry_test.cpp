// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Several endpoints, and attempts that are made again. A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::duration;
using eddy::errc;
using eddy::task;
namespace sim = eddy::sim;

sim::world_options calm(std::uint64_t seed = 1) {
    sim::world_options options;
    options.seed = seed;
    options.profile = sim::profile::calm();
    return options;
}

task<> listen_only(const char* at, duration from = 0s, duration length = 1h) {
    co_await eddy::sleep(from);
    const auto listener = raw::listen(at, {});
    co_await eddy::sleep(length);
}

struct outcome {
    eddy::error_code error;
    eddy::address peer;
    duration took{};
    std::string described;
    std::vector<eddy::connect_failure> failures;
};

task<>
try_connect(std::vector<eddy::endpoint> where, eddy::connect_options options, outcome& into) {
    const auto begin = eddy::loop_clock::now();
    const auto connected = co_await eddy::connect_any(std::move(where), options);
    into.took = eddy::loop_clock::now() - begin;
    into.error = connected.error();
    into.described = connected.describe();
    into.failures = connected.failures();
    if (connected) {
        into.peer = connected->peer();
    }
}

/// A client and three servers, of which none listens yet.
struct three_servers {
    explicit three_servers(std::uint64_t seed = 1) : world(calm(seed)) {}

    outcome connect(eddy::connect_options options = {}) {
        outcome result;
        client.spawn(try_connect({"tcp://a:7", "tcp://b:7", "tcp://c:7"}, options, result));
        world.run();
        CHECK(client.open_descriptors() == 0);
        return result;
    }

    sim::world world;
    sim::host& client = world.add_host("client");
    sim::host& a = world.add_host("a");
    sim::host& b = world.add_host("b");
    sim::host& c = world.add_host("c");
};

TEST_CASE("connect_any: one of three is dead, the next one is taken", "[sim][retry]") {
    three_servers network;
    network.b.spawn_daemon(listen_only("tcp://[::]:7"));

    SECTION("it refuses") {
        const auto result = network.connect();
        CHECK(!result.error);
        CHECK(result.peer == network.b.ipv6().with_port(7));
        CHECK(result.failures.size() == 1);
    }
    SECTION("it is silent: its attempt has a limit of its own") {
        network.world.cut(network.client, network.a);
        const auto result = network.connect({.timeout = 2s});
        CHECK(result.peer == network.b.ipv6().with_port(7));
        CHECK(result.took == 2s + 2ms);
        CHECK(result.described == "tcp://a:7: timed out");
    }
}

TEST_CASE("connect_any: all fail, each is named with its cause", "[sim][retry]") {
    three_servers network;
    network.world.cut(network.client, network.b);
    network.world.names().fail("c", errc::no_such_host);

    const auto result = network.connect({.timeout = 2s, .retry = {.attempts = 2}});

    REQUIRE(result.failures.size() == 3);
    CHECK(result.failures[0].why == std::errc::connection_refused);
    CHECK(result.failures[0].attempts == 2);
    CHECK(result.failures[1].why == errc::timed_out);
    CHECK(result.failures[2].why == errc::no_such_host);
    CHECK(result.failures[2].attempts == 1); // is not worth another
    CHECK(result.error == errc::timed_out);
    CHECK(
        result.described == "tcp://a:7: Connection refused (2 attempts), tcp://b:7: "
                            "timed out (2 attempts), tcp://c:7: " +
                                result.failures[2].why.message()
    );
}

TEST_CASE("connect_any: none given, misuse", "[sim][retry]") {
    sim::world world(calm());
    outcome result;

    world.add_host("client").spawn(try_connect({}, {}, result));

    CHECK_THROWS_AS(world.run(), std::invalid_argument);
}

TEST_CASE("connect_any: shuffled, clients share the servers", "[sim][retry]") {
    std::set<std::string> taken;
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        three_servers network(seed);
        for (auto* host : {&network.a, &network.b, &network.c}) {
            host->spawn_daemon(listen_only("tcp://[::]:7"));
        }
        const auto result = network.connect({.order = eddy::endpoint_order::shuffled});
        taken.insert(result.peer.to_string());
    }
    CHECK(taken.size() == 3);
}

TEST_CASE("connect: a server that refuses for a while, retried until it is there", "[sim][retry]") {
    sim::world world(calm());
    auto& client = world.add_host("client");
    world.add_host("server").spawn_daemon(listen_only("tcp://[::]:7", 5s));
    outcome result;

    SECTION("by time") {
        client.spawn(
            try_connect({"tcp://server:7"}, {.retry = {.attempts = 0, .total = 1min}}, result)
        );
        world.run();
        CHECK(!result.error);
        CHECK(result.took >= 5s);
        CHECK(result.failures.front().attempts >= 4);
    }
    SECTION("it takes too long") {
        client.spawn(
            try_connect({"tcp://server:7"}, {.retry = {.attempts = 0, .total = 4s}}, result)
        );
        world.run();
        CHECK(result.error == std::errc::connection_refused);
        CHECK(result.took <= 4s);
    }
    SECTION("without pauses that chance makes, to the millisecond") {
        const eddy::backoff_options pause{.first = 1s, .jitter = eddy::jitter::none};
        client.spawn(
            try_connect({"tcp://server:7"}, {.retry = {.attempts = 4, .pause = pause}}, result)
        );
        world.run();
        CHECK(!result.error);
        CHECK(result.took == 7s + 4 * 4ms - 2ms); // both addresses refuse, and at last one answers
    }
}

TEST_CASE("connect: stopped during a pause, ends at once", "[sim][retry]") {
    sim::world world(calm());
    auto& client = world.add_host("client");
    world.add_host("server");
    outcome result;
    auto stop_early = [](outcome& into) -> task<> {
        const eddy::backoff_options pause{.first = 1h, .max = 1h, .jitter = eddy::jitter::none};
        const eddy::connect_options options{.retry = {.attempts = 2, .pause = pause}};
        std::vector<eddy::endpoint> where{"tcp://server:7"};
        eddy::scope connecting;
        connecting.spawn(try_connect(std::move(where), options, into));
        co_await eddy::sleep(1s);
        connecting.request_stop();
        co_await connecting.join();
    };

    client.spawn(stop_early(result));
    world.run();

    CHECK(result.error == errc::cancelled);
    CHECK(result.took == 1s);
    CHECK(result.described == "tcp://server:7: Connection refused");
}

/// When the clients of a server come back that restarts: how many at most in 100 ms.
std::size_t densest(eddy::jitter kind) {
    sim::world world(calm());
    auto& server = world.add_host("server");
    std::vector<outcome> results(100);
    const eddy::backoff_options pause{.first = 100ms, .max = 2s, .jitter = kind};
    for (auto& result : results) {
        world.add_host("client " + std::to_string(&result - results.data()))
            .spawn(
                try_connect({"tcp://server:7"}, {.retry = {.attempts = 0, .pause = pause}}, result)
            );
    }
    server.spawn_daemon(listen_only("tcp://[::]:7", 3s));
    world.run();

    std::map<duration, std::size_t> at;
    for (const auto& result : results) {
        ++at[result.took / 100ms * 100ms];
    }
    return std::max_element(
               at.begin(),
               at.end(),
               [](const auto& a, const auto& b) { return a.second < b.second; }
    )->second;
}

TEST_CASE("connect: a hundred clients of a server that restarts, spread", "[sim][retry]") {
    CHECK(densest(eddy::jitter::none) == 100);
    CHECK(densest(eddy::jitter::full) < 25);
    CHECK(densest(eddy::jitter::decorrelated) < 25);
}

TEST_CASE("connect: the same world again, the same pauses", "[sim][retry]") {
    const auto run = [](std::uint64_t seed) {
        sim::world world(calm(seed));
        world.add_host("server").spawn_daemon(listen_only("tcp://[::]:7", 10s));
        outcome result;
        world.add_host("client").spawn(
            try_connect({"tcp://server:7"}, {.retry = {.attempts = 0}}, result)
        );
        world.run();
        return result.took;
    };

    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

} // namespace
