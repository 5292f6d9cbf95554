// SPDX-License-Identifier: BSL-1.0
// A server with fewer places than clients, on simulated hosts.
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::task;
using eddy::when_full;
namespace sim = eddy::sim;

task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

/// How a visit went.
struct visit {
    std::string reply;
    eddy::duration took{};
};

/// Says its word, keeps its place for a minute after the answer, and goes.
task<> call(visit& seen, const char* where = "tcp://10.0.0.1:7") {
    const auto began = eddy::loop_clock::now();
    auto peer = co_await eddy::connect(where, {.timeout = 1h});
    if (!peer) {
        seen.reply = "no connection";
        co_return;
    }
    co_await peer->write("word");
    const auto reply = co_await peer->read();
    seen.reply = reply ? raw::text_of(*reply) : reply.error().message();
    seen.took = eddy::loop_clock::now() - began;
    if (reply) {
        co_await eddy::sleep(1min);
    }
    co_await peer->close();
}

struct outcome {
    std::vector<visit> visits;
    eddy::listener_report report;
};

outcome
serve(std::size_t clients, const eddy::server_config& config, eddy::listen_options listening) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), config);
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", echo, std::move(listening));
    server.start();
    outcome seen;
    seen.visits.resize(clients);
    for (std::size_t i = 0; i != clients; ++i) {
        world.add_host("client " + std::to_string(i)).spawn(call(seen.visits[i]));
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());
    seen.report = server.report().listeners.front();
    sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
    return seen;
}

std::size_t served(const outcome& seen) {
    std::size_t count = 0;
    for (const auto& each : seen.visits) {
        count += each.reply == "word" ? 1U : 0U;
    }
    return count;
}

TEST_CASE("admission: who finds no place waits, and is served when one comes free", "[sim]") {
    eddy::server_config config;
    eddy::listen_options listening;
    SECTION("of the server") {
        config.max_sessions = 2;
    }
    SECTION("of the listener") {
        listening.max_sessions = 2;
    }
    const auto seen = serve(6, config, listening);
    CHECK(served(seen) == 6);
    CHECK(seen.report.accepted == 6);
    CHECK(seen.report.refused == 0);
    CHECK(seen.report.full_pauses >= 2);
    eddy::duration longest{};
    for (const auto& each : seen.visits) {
        longest = std::max(longest, each.took);
    }
    CHECK(longest >= 2min);
    CHECK(longest < 2min + 5s);
}

TEST_CASE("admission: two listeners and one place, the second client waits", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {.max_sessions = 1});
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", echo, listening);
    server.serve("tcp://0.0.0.0:8", echo, listening);
    server.start();
    visit first;
    visit second;
    world.add_host("client 1").spawn(call(first, "tcp://10.0.0.1:7"));
    world.add_host("client 2").spawn(call(second, "tcp://10.0.0.1:8"));
    world.run();
    server.request_drain();
    host.run(server.stopped());

    CHECK(first.reply == "word");
    CHECK(second.reply == "word");
    CHECK(std::max(first.took, second.took) >= 1min);
    CHECK(std::max(first.took, second.took) < 1min + 5s);
    CHECK(host.open_descriptors() == 0);
}

TEST_CASE("admission: a client was let in and finds no place, a drain serves it", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {.drain_timeout = 1h, .max_sessions = 1});
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", echo, listening);
    server.serve("tcp://0.0.0.0:8", echo, listening);
    server.start();
    visit first;
    visit second;
    visit third; // behind the second, in the backlog
    world.add_host("client 1").spawn(call(first, "tcp://10.0.0.1:7"));
    world.add_host("client 2").spawn(call(second, "tcp://10.0.0.1:8"));
    world.add_host("client 3").spawn(call(third, "tcp://10.0.0.1:8"));
    world.after(30s, [&server] { server.request_drain(); });
    world.run();
    host.run(server.stopped());

    CHECK(first.reply == "word");
    CHECK(second.reply == "word");
    CHECK(third.reply == "word");
    CHECK(std::max(first.took, second.took) >= 30s);
    CHECK(std::max(first.took, second.took) < 35s);
    CHECK(server.report().is_clean());
    CHECK(host.open_descriptors() == 0);
}

TEST_CASE("admission: who finds no place is reset", "[sim]") {
    eddy::server_config config;
    eddy::listen_options listening;
    SECTION("of the server") {
        config.max_sessions = 2;
    }
    SECTION("of the listener") {
        listening.max_sessions = 2;
    }
    listening.full = when_full::refuse;
    const auto seen = serve(6, config, listening);
    CHECK(served(seen) == 2);
    CHECK(seen.report.refused == 4);
    for (const auto& each : seen.visits) {
        CHECK((each.reply == "word" || each.reply == eddy::error_code(eddy::errc::reset).message())
        );
        CHECK(each.took < 1s);
    }
}

TEST_CASE("admission: who finds no place is reset after a second", "[sim]") {
    eddy::listen_options listening;
    listening.max_sessions = 2;
    listening.full = when_full::slow_refuse;
    const auto seen = serve(6, {}, listening);
    CHECK(served(seen) == 2);
    CHECK(seen.report.refused == 4);
    for (const auto& each : seen.visits) {
        CHECK((each.reply == "word" || each.took >= 1s));
    }
}

TEST_CASE("admission: 64 are refused slowly at a time, the rest at once", "[sim]") {
    eddy::listen_options listening;
    listening.max_sessions = 1;
    listening.full = when_full::slow_refuse;
    const auto seen = serve(70, {}, listening);
    CHECK(served(seen) == 1);
    const auto slowly =
        std::count_if(seen.visits.begin(), seen.visits.end(), [](const visit& each) {
            return each.took >= 1s;
        });
    CHECK(slowly == 64);
}

TEST_CASE("admission: a slow refusal ends, whoever lacked its descriptor comes in", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    host.options.descriptors = 3; // the listener, a session and a connection that is refused
    eddy::server server(host.loop(), {});
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    listening.max_sessions = 1;
    listening.full = when_full::slow_refuse;
    server.serve("tcp://0.0.0.0:7", echo, std::move(listening));
    server.start();
    std::vector<visit> visits(3);
    for (auto& each : visits) {
        world.add_host("client " + std::to_string(&each - visits.data())).spawn(call(each));
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());

    eddy::duration longest{};
    for (const auto& each : visits) {
        longest = std::max(longest, each.took);
    }
    CHECK(longest >= 2s);
    CHECK(longest < 2s + 300ms); // the pauses in accepting are 800 ms long by then
}

TEST_CASE("admission: many come at once, sessions have their turn after 16", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    std::uint64_t accepted_before_turn = 0;
    const auto ask_for_turn = [&](eddy::session&) -> task<> {
        if (server.report().listeners.front().accepted == 1) {
            host.loop().post([&] {
                accepted_before_turn = server.report().listeners.front().accepted;
            });
        }
        co_return;
    };
    server.serve("tcp://0.0.0.0:7", eddy::handler(ask_for_turn));
    server.start();
    auto& client = world.add_host("client");
    const auto come = []() -> task<> {
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7", {.timeout = 1h});
        sim::expect(peer.has_value(), "the client connects");
        co_await peer->read();
    };
    world.run_for(1s);
    host.stall(10s); // all are in the backlog then
    for (int i = 0; i != 40; ++i) {
        client.spawn(come());
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());

    CHECK(server.report().listeners.front().accepted == 40);
    CHECK(accepted_before_turn >= 1);
    CHECK(accepted_before_turn <= 16);
}

TEST_CASE("admission: who finds no place is told so", "[sim]") {
    eddy::listen_options listening;
    listening.max_sessions = 2;
    listening.full = when_full::reply;
    listening.refusal = "421 come back later\r\n";
    const auto seen = serve(6, {}, listening);
    CHECK(served(seen) == 2);
    for (const auto& each : seen.visits) {
        CHECK((each.reply == "word" || each.reply == listening.refusal));
    }
}

TEST_CASE("admission: who is told so and does not read it, is gone in time", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    listening.socket.send_buffer = std::size_t(4) * 1024;
    listening.max_sessions = 1;
    listening.full = when_full::reply;
    listening.refusal = std::string(std::size_t(512) * 1024, '!');
    server.serve("tcp://0.0.0.0:7", echo, std::move(listening));
    server.start();
    const auto stay = []() -> task<> {
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
        co_await eddy::sleep(1h);
    };
    world.add_host("first").spawn(stay());
    world.add_host("second").spawn(stay());

    world.run_for(1min);

    CHECK(server.report().listeners.front().refused == 1);
    CHECK(host.open_descriptors() == 2); // the listener and the first session
    server.request_drain();
    host.run(server.stopped());
    world.run();
}

TEST_CASE("admission: a source with its share is reset, the others are served", "[sim]") {
    eddy::server_config config;
    config.max_sessions_per_source = 1;
    const auto seen = serve(4, config, {}); // each client is a host of its own
    CHECK(served(seen) == 4);

    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& greedy = world.add_host("greedy");
    eddy::server server(host.loop(), config);
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    std::vector<visit> visits(3);
    for (auto& each : visits) {
        greedy.spawn(call(each));
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());
    CHECK(served({visits, {}}) == 1);
    CHECK(server.report().listeners.front().refused == 2);
}

TEST_CASE("admission: connections come in at the rate that is set", "[sim]") {
    eddy::server_config config;
    config.accept_rate = 2;
    const auto seen = serve(10, config, {});
    CHECK(served(seen) == 10);
    eddy::duration longest{};
    for (const auto& each : seen.visits) {
        longest = std::max(longest, each.took);
    }
    CHECK(longest >= 4s);
    CHECK(longest < 5s);
}

TEST_CASE("admission: one more than the rate waits for its turn, not longer", "[sim]") {
    eddy::server_config config;
    config.accept_rate = 10;
    const auto seen = serve(11, config, {});
    CHECK(served(seen) == 11);
    for (const auto& each : seen.visits) {
        CHECK(each.took < 500ms);
    }
}

TEST_CASE(
    "admission: a source that connects too often is reset, and keeps nobody waiting", "[sim]"
) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server_config config;
    config.accept_rate_per_source = 3;
    eddy::server server(host.loop(), config);
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", echo, std::move(listening));
    server.start();
    auto& greedy = world.add_host("greedy");
    std::vector<visit> flood(20);
    for (auto& each : flood) {
        greedy.spawn(call(each));
    }
    visit modest;
    world.add_host("modest").spawn(call(modest));
    world.run();
    const auto report = server.report().listeners.front();
    server.request_drain();
    host.run(server.stopped());

    CHECK(served({flood, {}}) == 3);
    CHECK(modest.reply == "word");
    CHECK(modest.took < 1s);
    CHECK(report.refused == 17);
    CHECK(report.refused_by_rate == 17);
    CHECK(report.refused_by_source == 0);
    CHECK(report.full_pauses == 0);
}

} // namespace
