// SPDX-License-Identifier: BSL-1.0
// Datagram services against forged sources, on simulated hosts.
#include <eddy/core/sleep.hpp>
#include <eddy/server/server.hpp>
#include <eddy/services/echo.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <string>

namespace {

using namespace std::chrono_literals;
using eddy::reply_verdict;
using eddy::task;
namespace sim = eddy::sim;

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

/// Another's echo, which answers anybody for ever: the process of a simulation is one, so that a
/// second service of Eddy's would be known as its own.
task<> foreign_echo(eddy::datagrams& socket) {
    while (const auto batch = co_await socket.receive()) {
        for (const auto& each : *batch) {
            co_await socket.reply(each, each.data);
        }
    }
}

/// Speaks first, as if a datagram with a forged source had come, then echoes for a while.
task<> start_loop(eddy::address victim, eddy::datagram_stats& seen) {
    auto socket = eddy::datagrams::open("udp://0.0.0.0:4007");
    co_await socket->send(victim, "once is enough");
    eddy::scope echoing;
    echoing.spawn(foreign_echo(*socket));
    co_await eddy::sleep(10s);
    seen = socket->stats();
    echoing.request_stop();
    co_await echoing.join();
}

struct outcome {
    eddy::datagram_stats service;
    eddy::datagram_stats foreign;
};

outcome run_loop(const eddy::reply_rules& rules) {
    sim::world world(calm());
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    server.serve("udp://0.0.0.0:7", eddy::services::echo({.replies = rules}));
    server.start();
    outcome seen;
    world.add_host("other").spawn(start_loop(host.ipv4().with_port(7), seen.foreign));
    world.run();
    seen.service = server.report().listeners.front().datagrams;
    server.request_drain();
    host.run(server.stopped());
    return seen;
}

TEST_CASE("reply rules: a loop of two echo services, dies out", "[sim]") {
    const auto seen = run_loop(eddy::reply_rules::of_service());

    CHECK(seen.service.sent == 20);
    CHECK(seen.service.received == 21);
    CHECK(seen.service.count(reply_verdict::allowed) == 20);
    CHECK(seen.service.count(reply_verdict::loop) == 1);
    CHECK(seen.foreign.received == 20);
}

TEST_CASE("reply rules: without the loop detector, the rate still bounds it", "[sim]") {
    auto rules = eddy::reply_rules::of_service();
    rules.repeats = 0;
    const auto seen = run_loop(rules);

    CHECK(seen.service.count(reply_verdict::source_rate) == 1); // one datagram is all there is
    CHECK(seen.service.sent >= 100);
    CHECK(seen.service.sent <= 100 + 50 * 10);
}

TEST_CASE("reply rules: with every rule off, the loop has no end", "[sim]") {
    auto rules = eddy::reply_rules::of_service();
    rules.repeats = 0;
    rules.rate_per_source = 0;
    rules.rate = 0;
    const auto seen = run_loop(rules);

    CHECK(seen.service.sent > 1000);
}

TEST_CASE("reply rules: whoever is not in allow, is not answered", "[sim]") {
    auto rules = eddy::reply_rules::of_service();
    rules.allow = eddy::address_range::loopback();
    const auto seen = run_loop(rules);

    CHECK(seen.service.count(reply_verdict::not_listed) == 1);
    CHECK(seen.service.sent == 0);
}

} // namespace
