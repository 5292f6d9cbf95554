// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <utility>
#include <vector>

// Names with several addresses (RFC 8305). A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
namespace sim = eddy::sim;

struct outcome {
    eddy::error_code error;
    eddy::address peer;
    eddy::duration took{};
};

task<> try_connect(const char* where, eddy::connect_options options, outcome& into) {
    const auto begin = eddy::loop_clock::now();
    const auto connected = co_await eddy::connect(where, options);
    into.took = eddy::loop_clock::now() - begin;
    into.error = connected.error();
    if (connected) {
        into.peer = connected->peer();
    }
}

task<> listen_only(const char* at) {
    const auto listener = raw::listen(at, {});
    co_await eddy::sleep(1min);
}

/// A client and two hosts that a name stands for.
struct crossing {
    crossing() : world(calm()) {
        world.names().set("service.example", {dead.ipv6(), alive.ipv4()});
    }

    static sim::world_options calm() {
        sim::world_options options;
        options.profile = sim::profile::calm();
        return options;
    }

    outcome connect(eddy::connect_options options = {}) {
        outcome result;
        client.spawn(try_connect("tcp://service.example:7", options, result));
        world.run();
        CHECK(client.open_descriptors() == 0);
        return result;
    }

    sim::world world;
    sim::host& client = world.add_host("client");
    sim::host& dead = world.add_host("dead");
    sim::host& alive = world.add_host("alive");
};

TEST_CASE(
    "connect: the first address is silent, the second one is tried beside it", "[sim][connect]"
) {
    crossing network;
    network.world.cut(network.client, network.dead);
    network.alive.spawn(listen_only("tcp://0.0.0.0:7"));

    const auto result = network.connect();

    CHECK(!result.error);
    CHECK(result.peer == network.alive.ipv4().with_port(7));
    CHECK(result.took == 252ms);
}

TEST_CASE("connect: the first address refuses, the second one is tried at once", "[sim][connect]") {
    crossing network;
    network.alive.spawn(listen_only("tcp://0.0.0.0:7"));

    const auto result = network.connect();

    CHECK(result.peer == network.alive.ipv4().with_port(7));
    CHECK(result.took == 4ms);
}

TEST_CASE("connect: the first address answers in its time, no other is tried", "[sim][connect]") {
    crossing network;
    network.dead.spawn(listen_only("tcp://[::]:7"));
    network.world.cut(network.client, network.alive); // would show as a descriptor that is open

    const auto result = network.connect();

    CHECK(result.peer == network.dead.ipv6().with_port(7));
    CHECK(result.took == 2ms);
}

TEST_CASE("connect: the first address answers late, but before the second", "[sim][connect]") {
    crossing network;
    network.dead.spawn(listen_only("tcp://[::]:7"));
    network.world.cut(network.client, network.alive);

    const auto result = network.connect({.attempt_delay = 1ms});

    CHECK(result.peer == network.dead.ipv6().with_port(7));
    CHECK(result.took == 2ms);
}

TEST_CASE("connect: both answer at once, one is taken and the other closed", "[sim][connect]") {
    crossing network;
    network.dead.spawn(listen_only("tcp://[::]:7"));
    network.alive.spawn(listen_only("tcp://0.0.0.0:7"));

    const auto result = network.connect({.attempt_delay = 0ms});

    CHECK(!result.error);
    CHECK(result.took == 2ms);
}

TEST_CASE("connect: all addresses fail, gives the error of the last to do so", "[sim][connect]") {
    crossing network;

    SECTION("one after the other") {
        const auto result = network.connect();
        CHECK(result.error == std::errc::connection_refused);
        CHECK(result.took == 4ms);
    }
    SECTION("the first one after the second") {
        network.world.cut(network.client, network.dead);
        const auto result = network.connect({.timeout = 1s});
        CHECK(result.error == errc::timed_out);
        CHECK(result.took == 1s);
    }
}

TEST_CASE("connect: stopped during the race, drops every attempt", "[sim][connect]") {
    crossing network;
    network.world.cut(network.client, network.dead);
    network.world.cut(network.client, network.alive);
    outcome result;
    auto stop_early = [](outcome& into) -> task<> {
        eddy::scope connecting;
        connecting.spawn(try_connect("tcp://service.example:7", {}, into));
        co_await eddy::sleep(300ms);
        connecting.request_stop();
        co_await connecting.join();
    };

    network.client.spawn(stop_early(result));
    network.world.run();

    CHECK(result.error == errc::cancelled);
    CHECK(network.client.open_descriptors() == 0);
}

} // namespace
