// SPDX-License-Identifier: BSL-1.0
// Sessions that do nothing of use, on simulated hosts; the rules themselves are tested as a table.
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"

#include <functional>
#include <optional>

namespace {

using namespace std::chrono_literals;
using eddy::close_reason;
using eddy::task;
namespace sim = eddy::sim;

using client_task = std::function<task<>(eddy::session&)>;

task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

task<> echo_lines(eddy::session& peer) {
    while (auto line = co_await peer.read_line()) {
        co_await peer.write(*line, "\n");
    }
}

task<> flood(eddy::session& peer) {
    const std::string much(32 * 1024, 'x');
    bool goes_on = true;
    while (goes_on) {
        goes_on = (co_await peer.write(much)).has_value();
    }
}

task<> drip(eddy::session& peer) {
    bool goes_on = true;
    while (goes_on) {
        goes_on = (co_await peer.write("x")).has_value();
        co_await eddy::sleep(2s);
    }
}

task<> say_nothing(eddy::session& peer) {
    const auto bytes = co_await peer.read();
    sim::expect(!bytes, "the server ends the session");
}

task<> say_one_thing(eddy::session& peer) {
    co_await peer.write("once");
    const auto back = co_await peer.read_exactly(4);
    sim::expect(back.has_value(), "the echo comes");
    co_await say_nothing(peer);
}

task<> read_nothing(eddy::session& peer) {
    co_await eddy::sleep(5min);
    static_cast<void>(peer);
}

/// What became of one session.
struct outcome {
    eddy::listener_report report;
    std::optional<eddy::duration> lasted; ///< Until the handler returned.
};

outcome serve_one(
    client_task client,
    std::function<task<>(eddy::session&)> handler,
    const eddy::session_deadlines& deadlines,
    const std::function<void(sim::world&, sim::host&)>& meanwhile = {}
) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    outcome seen;
    eddy::listen_options listening;
    listening.limits.deadlines = deadlines;
    server.serve(
        "tcp://0.0.0.0:7",
        eddy::handler([&](eddy::session& peer) -> task<> {
            const auto began = eddy::loop_clock::now();
            co_await handler(peer);
            seen.lasted = eddy::loop_clock::now() - began;
        }),
        listening
    );
    server.start();
    auto visit = [](client_task what) -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        sim::expect(connected.has_value(), "the client connects");
        co_await what(*connected);
    };
    world.add_host("client").spawn(visit(std::move(client)));
    if (meanwhile) {
        meanwhile(world, host);
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());
    seen.report = server.report().listeners.front();
    sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
    return seen;
}

TEST_CASE("deadlines: each peer that is of no use is ended in time, with its own reason", "[sim]") {
    struct row {
        const char* what;
        client_task client;
        client_task handler;
        close_reason why;
        eddy::duration after;
    };
    auto standard = eddy::session_deadlines::of_server();
    const auto each = GENERATE(values<row>({
        {"says nothing", say_nothing, echo, close_reason::first_byte, 10s},
        {"says one thing", say_one_thing, echo, close_reason::idle, 60s},
        {"a byte of a line every 2 s", drip, echo_lines, close_reason::slow_sender, 5s},
        {"reads nothing", read_nothing, flood, close_reason::slow_reader, 30s},
    }));
    INFO(each.what);
    const auto seen = serve_one(each.client, each.handler, standard);
    CHECK(seen.report.ended(each.why) == 1);
    REQUIRE(seen.lasted);
    CHECK(*seen.lasted >= each.after);
    CHECK(*seen.lasted < each.after + 500ms);
}

TEST_CASE("deadlines: a message that comes in drops has to be whole in time", "[sim]") {
    auto limits = eddy::session_deadlines::of_server();
    limits.min_rate = 0;
    const auto seen = serve_one(drip, echo_lines, limits);
    CHECK(seen.report.ended(close_reason::frame) == 1);
    CHECK(*seen.lasted >= 30s);
    CHECK(*seen.lasted < 30s + 500ms);
}

TEST_CASE("deadlines: a peer that is told at its lifetime's end may finish its message", "[sim]") {
    eddy::session_deadlines limits;
    limits.lifetime = 100s;
    const auto seen = serve_one(say_one_thing, echo, limits);
    CHECK(seen.report.finished == 1);
    CHECK(*seen.lasted >= 90s);
    CHECK(*seen.lasted <= 110s);
}

TEST_CASE("deadlines: one that ignores its lifetime's end is ended 30 s later", "[sim]") {
    const auto ignore = [](eddy::session& peer) -> task<> {
        auto bytes = co_await peer.read();
        while (bytes || bytes.error() == eddy::errc::draining) {
            co_await eddy::sleep(1s);
            bytes = co_await peer.read();
        }
    };
    eddy::session_deadlines limits;
    limits.lifetime = 100s;
    const auto seen = serve_one(say_nothing, ignore, limits);
    CHECK(seen.report.ended(close_reason::lifetime) == 1);
    CHECK(*seen.lasted >= 120s);
    CHECK(*seen.lasted <= 142s);
}

TEST_CASE("deadlines: a slow handler is not its peer's fault", "[sim]") {
    const auto slow = [](eddy::session& peer) -> task<> {
        for (int i = 0; i < 2; ++i) {
            const auto bytes = co_await peer.read();
            sim::expect(bytes.has_value(), "the peer is served, however slowly");
            co_await eddy::sleep(10min);
            co_await peer.write(*bytes);
        }
    };
    const auto patient = [](eddy::session& peer) -> task<> {
        for (int i = 0; i < 2; ++i) {
            co_await peer.write("slowly");
            const auto back = co_await peer.read_exactly(6);
            sim::expect(back.has_value(), "an answer comes");
        }
    };
    const auto seen = serve_one(patient, slow, eddy::session_deadlines::of_server());
    CHECK(seen.report.finished == 1);
}

TEST_CASE("deadlines: a host that stood still takes it out on nobody", "[sim]") {
    const auto talk = [](eddy::session& peer) -> task<> {
        for (int i = 0; i < 10; ++i) {
            co_await peer.write("tick");
            const auto back = co_await peer.read_exactly(4);
            sim::expect(back.has_value(), "the session lives");
            co_await eddy::sleep(8s);
        }
    };
    eddy::session_deadlines limits;
    limits.idle = 10s;
    const auto seen = serve_one(talk, echo, limits, [](sim::world& world, sim::host& host) {
        world.run_for(20s);
        host.stall(12s);
    });
    CHECK(seen.report.finished == 1);
    CHECK(seen.report.ended(close_reason::idle) == 0);
}

TEST_CASE("deadlines: without any a session waits for ever", "[sim]") {
    const auto late = [](eddy::session& peer) -> task<> {
        co_await eddy::sleep(12h);
        co_await peer.write("late");
        const auto back = co_await peer.read_exactly(4);
        sim::expect(back.has_value(), "the echo comes");
    };
    const auto seen = serve_one(late, echo, {});
    CHECK(seen.report.finished == 1);
    CHECK(*seen.lasted >= 12h);
}

} // namespace
