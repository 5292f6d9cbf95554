// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/log_lines.hpp"
#include "sim/raw_operations.hpp"

#include <cerrno>
#include <coroutine>

namespace {

using namespace std::chrono_literals;
using eddy::task;
namespace sim = eddy::sim;

task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

/// Sends texts of many sizes and wants each of them back.
task<> talk(std::string where, int rounds) {
    auto connected = co_await eddy::connect(where, {.timeout = 10min});
    sim::expect(connected.has_value(), "the client connects");
    for (int i = 0; i < rounds; ++i) {
        const std::string text(
            static_cast<std::size_t>(1 + i * i * 131), static_cast<char>('a' + i)
        );
        co_await connected->write(text);
        const auto back = co_await connected->read_exactly(text.size());
        sim::expect(back.has_value(), "an answer comes");
        sim::expect(raw::text_of(*back) == text, "the answer is what was sent");
    }
    co_await connected->close();
}

eddy::server_config patient() {
    eddy::server_config config;
    config.drain_timeout = 10min;
    return config;
}

TEST_CASE(
    "server: echo on any network, every byte comes back and nothing stays open", "[sim][server]"
) {
    sim::check_options options;
    options.seeds = 10;
    options.world.profile = GENERATE(
        sim::profile::lan(), sim::profile::wan(), sim::profile::mobile(), sim::profile::hostile()
    );

    sim::check_in_catch(options, [](sim::world& world) {
        auto& host = world.add_host("server");
        eddy::server server(host.loop(), patient());
        server.serve("tcp://[::]:7", echo);
        server.start();
        world.run_until_idle();
        for (int i = 0; i < 3; ++i) {
            world.add_host("client " + std::to_string(i)).spawn(talk("tcp://server:7", 8));
        }
        world.run();
        server.request_drain();
        host.run(server.stopped());

        sim::expect(server.report().is_clean(), "every session ended by itself");
        sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
    });
}

/// A server, and a client that comes back until it has been served twice in a row.
void serve_despite_fault(sim::world& world) {
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    auto insist = []() -> task<> {
        int served = 0;
        for (int attempt = 0; attempt < 10 && served < 2; ++attempt) {
            auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
            if (!connected) {
                co_await eddy::sleep(1s);
                continue;
            }
            const std::string text = "are you well?";
            co_await connected->write(text);
            const auto back = co_await connected->read_exactly(text.size());
            served = back ? served + 1 : 0;
            co_await connected->close();
        }
        sim::expect(served == 2, "the server serves on after the fault");
    };
    client.spawn(insist());
    world.run();
    server.request_drain();
    host.run(server.stopped());
    sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
}

TEST_CASE("server: any one operation fails, it serves on", "[sim][server][fault]") {
    using sim::operation;
    struct row {
        operation what;
        int error;
    };
    const auto [what, error] = GENERATE(
        row{operation::accept, EMFILE},
        row{operation::accept, ENFILE},
        row{operation::accept, ENOBUFS},
        row{operation::accept, ECONNABORTED},
        row{operation::accept, EPROTO},
        row{operation::accept, ENETDOWN},
        row{operation::accept, EPERM},
        row{operation::read, ECONNRESET},
        row{operation::read, ETIMEDOUT},
        row{operation::write, ECONNRESET},
        row{operation::write, ENOBUFS},
        row{operation::connect, ENETUNREACH},
        row{operation::timer, 0}
    );
    CAPTURE(name_of(what), error);
    sim::world_options options;
    options.profile = sim::profile::calm();

    const auto failed =
        sim::for_each_fault(what, sim::system_error(error), options, serve_despite_fault);

    CHECK(failed >= (what == operation::timer ? 0U : 2U));
}

TEST_CASE(
    "server: a session that the loop cannot watch, only that one ends", "[sim][server][fault]"
) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    world.fail({sim::operation::attach, 1, sim::system_error(ENOSPC), 1, &host});
    auto turned_away = []() -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        const auto heard = co_await connected->read();
        sim::expect(!heard, "the first client is turned away");
    };

    client.spawn(turned_away());
    world.run();
    client.spawn(talk("tcp://10.0.0.1:7", 3));
    world.run();

    CHECK(world.faults().all_fired());
}

TEST_CASE(
    "server: many sessions that the loop cannot watch, one line and a count", "[sim][server][fault]"
) {
    const log_lines log;
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    world.fail({sim::operation::attach, 1, sim::system_error(ENOSPC), 30, &host});
    auto turned_away = []() -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        const auto heard = co_await connected->read();
        sim::expect(!heard, "the client is turned away");
    };

    for (int i = 0; i != 30; ++i) {
        client.spawn(turned_away());
    }
    world.run();

    CHECK(server.report().listeners.front().failed == 30);
    CHECK(log.count("a session finds no room") == 1);
}

TEST_CASE(
    "server: drained with a connection in the backlog, that one is served and told", "[sim][server]"
) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    host.options.accept_delay = 1h; // at random, up to that
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    auto wait_for_end = []() -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        const auto heard = co_await connected->read();
        sim::expect(heard.error() == eddy::errc::end_of_stream, "the client is sent away in order");
    };

    client.spawn(wait_for_end());
    world.run_for(1s);
    const auto begin = world.now();
    server.request_drain();
    host.run(server.stopped());

    CHECK(server.report().listeners.front().accepted == 1);
    CHECK(server.report().is_clean());
    CHECK(world.now() - begin < 10s);
}

TEST_CASE(
    "server: descriptors exhausted, later clients are served when one is free", "[sim][server]"
) {
    const log_lines log;
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    host.options.descriptors = 3; // the listener and two sessions
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();

    for (int i = 0; i < 10; ++i) {
        client.spawn(talk("tcp://10.0.0.1:7", 3));
    }
    world.run();
    CHECK(world.now().time_since_epoch() < 1h + 10min);

    const auto pauses = server.report().listeners.front().accept_pauses;
    CHECK(pauses > 0);
    server.request_drain();
    host.run(server.stopped());
    const auto totals = log.line_with("a listener has ended");
    CHECK(totals.find(" accept_pauses=" + std::to_string(pauses) + ' ') != std::string::npos);
}

TEST_CASE("server: a descriptor comes free, the next client is served at once", "[sim][server]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    host.options.descriptors = 2; // the listener and one session
    eddy::server server(host.loop(), patient());
    server.serve("tcp://0.0.0.0:7", echo);
    server.start();
    eddy::time_point freed;
    auto occupy = [](eddy::time_point& left) -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        co_await eddy::sleep(10s);
        co_await connected->close();
        left = eddy::loop_clock::now();
    };

    client.spawn(occupy(freed));
    world.run_for(1s);
    client.spawn(talk("tcp://10.0.0.1:7", 1));
    world.run();

    CHECK(client.now() - freed < 50ms); // the pauses in accepting are a second long by then
}

TEST_CASE("server: a handler that nothing can stop, its client sees a reset", "[sim][server]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    auto& client = world.add_host("client");
    eddy::server_config config;
    config.drain_timeout = 1s;
    eddy::server server(host.loop(), config);
    server.serve("tcp://0.0.0.0:7", [](eddy::session&) -> task<> {
        co_await std::suspend_always();
    });
    server.start();
    auto wait_for_end = []() -> task<> {
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        const auto heard = co_await connected->read();
        sim::expect(heard.error() == eddy::errc::reset, "the client is told by a reset");
    };

    client.spawn(wait_for_end());
    world.run_for(1s);
    server.request_drain();
    host.run(server.stopped());
    world.run();

    CHECK(server.report().listeners.front().forced == 1);
    CHECK(host.open_descriptors() == 0);
}

TEST_CASE("server: destroyed before its loop has begun it, nothing is left", "[sim][server]") {
    sim::world world;
    auto& host = world.add_host("server");
    {
        eddy::server server(host.loop(), eddy::server_config());
        server.serve("tcp://0.0.0.0:7", [](eddy::session&) -> task<> { co_return; });
        server.start();
    }

    world.run_for(1s);

    CHECK(host.open_descriptors() == 0);
    CHECK(host.loop().tasks().empty());
}

} // namespace
