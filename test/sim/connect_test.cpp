// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
using transport = eddy::endpoint::transport;
namespace sim = eddy::sim;

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

struct outcome {
    eddy::error_code error;
    eddy::duration took{};
};

task<> try_connect(eddy::address target, outcome& result) {
    const auto begin = eddy::loop_clock::now();
    const auto connected = co_await raw::connect(target);
    result.error = connected.error;
    result.took = eddy::loop_clock::now() - begin;
}

/// Keeps a listener open without accepting.
task<> listen_only(const char* at, eddy::socket_options options, eddy::duration length) {
    const auto listener = raw::listen(at, options);
    co_await eddy::sleep(length);
}

TEST_CASE("sim connect: somebody listens, connected after one round trip", "[sim][connect]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    outcome result;

    server.spawn(listen_only("tcp://10.0.0.1:7", {}, 1s));
    client.spawn(try_connect(server.ipv4().with_port(7), result));
    world.run();

    CHECK(!result.error);
    CHECK(result.took == 2ms);
}

TEST_CASE("sim connect: nobody listens, refused after one round trip", "[sim][connect]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    outcome result;

    client.spawn(try_connect(server.ipv6().with_port(7), result));
    world.run();

    CHECK(result.error == sim::system_error(ECONNREFUSED));
    CHECK(result.took == 2ms);
    CHECK(client.open_descriptors() == 0);
}

TEST_CASE("sim connect: the link is cut, times out", "[sim][connect]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    outcome result;
    world.cut(server, client);

    client.spawn(try_connect(server.ipv4().with_port(7), result));
    world.run();

    CHECK(result.error == sim::system_error(ETIMEDOUT));
    CHECK(result.took == client.options.connect_timeout);
}

TEST_CASE("sim connect: no such host, unreachable", "[sim][connect]") {
    sim::world world(calm());
    auto& client = world.add_host("client");
    outcome result;

    client.spawn(try_connect(*eddy::address::parse("10.9.9.9:7"), result));
    world.run();

    CHECK(result.error == sim::system_error(EHOSTUNREACH));
}

TEST_CASE("sim connect: stopped while on its way, leaves nothing behind", "[sim][connect]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    outcome result;
    auto stop_early = [](eddy::address target, outcome& into) -> task<> {
        eddy::scope connecting;
        connecting.spawn(try_connect(target, into));
        co_await eddy::sleep(1500us); // the answer is on its way back
        connecting.request_stop();
        co_await connecting.join();
    };

    server.spawn(listen_only("tcp://[::]:7", {}, 1s));
    client.spawn(stop_early(server.ipv4().with_port(7), result));
    world.run();

    CHECK(result.error == errc::cancelled);
    CHECK(client.open_descriptors() == 0);
}

TEST_CASE(
    "sim listener: backlog full, later clients are let in when there is room", "[sim][listener]"
) {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto serve = []() -> task<> {
        eddy::socket_options options;
        options.backlog = 1;
        const auto listener = raw::listen("tcp://0.0.0.0:7", options);
        co_await eddy::sleep(500ms);
        for (int i = 0; i < 3; ++i) {
            const auto accepted = co_await raw::accept(*listener);
            CHECK(!accepted.error);
        }
    };
    std::array<outcome, 3> results;

    server.spawn(serve());
    for (auto& each : results) {
        client.spawn(try_connect(server.ipv4().with_port(7), each));
    }
    world.run();

    CHECK(results[0].took == 2ms);
    CHECK(results[1].took == 2ms); // Linux holds one more than the backlog says
    CHECK(!results[2].error);
    CHECK(results[2].took > 1s); // the first retry of the SYN
}

TEST_CASE("sim listener: closed with clients in the backlog, they are reset", "[sim][listener]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::error_code heard;
    auto talk = [](eddy::address target, eddy::error_code& into) -> task<> {
        const auto connected = co_await raw::connect(target);
        const auto read = co_await raw::read(*connected.stream);
        into = read.error;
    };

    server.spawn(listen_only("tcp://0.0.0.0:7", {}, 1s));
    client.spawn(talk(server.ipv4().with_port(7), heard));
    world.run();

    CHECK(heard == errc::reset);
}

TEST_CASE(
    "sim listener: client resets in the backlog, accept gives a stream that reads a reset",
    "[sim][listener]"
) {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::error_code heard;
    auto serve = [](eddy::error_code& into) -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        co_await eddy::sleep(1s);
        const auto accepted = co_await raw::accept(*listener);
        const auto read = co_await raw::read(*accepted.stream);
        into = read.error;
    };
    auto talk = [](eddy::address target) -> task<> {
        const auto connected = co_await raw::connect(target);
        connected.stream->abort();
    };

    server.spawn(serve(heard));
    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();

    CHECK(heard == errc::reset);
}

TEST_CASE(
    "sim listener: descriptors exhausted, accept says EMFILE until one is free", "[sim][listener]"
) {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    server.options.descriptors = 2; // the listener and one connection
    auto serve = []() -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        auto first = co_await raw::accept(*listener);
        const auto second = co_await raw::accept(*listener);
        CHECK(second.error == sim::system_error(EMFILE));
        first.stream.reset();
        const auto third = co_await raw::accept(*listener);
        CHECK(!third.error);
    };
    std::array<outcome, 2> results;

    server.spawn(serve());
    for (auto& each : results) {
        client.spawn(try_connect(server.ipv4().with_port(7), each));
    }
    world.run();
}

TEST_CASE(
    "sim listener: where others listen, refused unless the port is shared", "[sim][listener]"
) {
    struct row {
        const char* first;
        const char* second;
        bool shared;
        int error;
    };
    const auto [first, second, shared, error] = GENERATE(
        row{"tcp://0.0.0.0:7", "tcp://0.0.0.0:7", false, EADDRINUSE},
        row{"tcp://0.0.0.0:7", "tcp://0.0.0.0:7", true, 0},
        row{"tcp://0.0.0.0:7", "tcp://10.0.0.1:7", false, EADDRINUSE},
        row{"tcp://[::]:7", "tcp://127.0.0.1:7", false, EADDRINUSE},
        row{"tcp://127.0.0.1:7", "tcp://10.0.0.1:7", false, 0},
        row{"tcp://0.0.0.0:7", "tcp://0.0.0.0:8", false, 0},
        row{"tcp://0.0.0.0:0", "tcp://0.0.0.0:0", false, 0},
        row{"tcp://0.0.0.0:7", "tcp://10.0.0.2:7", false, EADDRNOTAVAIL},
        row{"tcp://0.0.0.0:7", "udp://0.0.0.0:7", false, ENOTSUP}
    );
    CAPTURE(first, second, shared);
    sim::world world(calm());
    auto& engine = world.add_host("server").loop().driver();
    eddy::socket_options options;
    options.reuse_port = shared;

    const auto one = engine.listen(first, options);
    const auto two = engine.listen(second, options);

    CHECK(one.has_value());
    CHECK(two.has_value() == (error == 0));
    if (error == ENOTSUP) {
        CHECK(two.error() == errc::not_supported);
    } else if (error != 0) {
        CHECK(two.error() == sim::system_error(error));
    }
}

TEST_CASE("sim names: hosts, own entries, failures and unknown names", "[sim][names]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    world.names().set("service.example", {server.ipv4()});
    world.names().fail("broken.example", sim::system_error(EAGAIN));
    auto look_up = [](sim::host& expected) -> task<> {
        auto found = co_await raw::resolve("server");
        CHECK(*found == std::vector{expected.ipv6().with_port(7), expected.ipv4().with_port(7)});
        found = co_await raw::resolve("service.example");
        CHECK(*found == std::vector{expected.ipv4().with_port(7)});
        found = co_await raw::resolve("broken.example");
        CHECK(found.error() == sim::system_error(EAGAIN));
        found = co_await raw::resolve("nobody.example");
        CHECK(found.error() == errc::no_such_host);
    };

    client.spawn(look_up(server));
    world.run();
}

TEST_CASE("sim connect: Unix socket nobody listens on, no such file", "[sim][connect]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    eddy::error_code error;
    auto talk = [](eddy::error_code& into) -> task<> {
        const auto connected =
            co_await raw::connect(transport::unix_stream, eddy::address::local("/run/none"));
        into = connected.error;
    };

    host.spawn(talk(error));
    world.run();

    CHECK(error == sim::system_error(ENOENT));
}

} // namespace
