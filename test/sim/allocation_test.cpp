// SPDX-License-Identifier: BSL-1.0
#include "sim/allocation.hpp"

#include <eddy/core/promise.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/failing_new.hpp>
#include <eddy/sim/world.hpp>

#include "sim/served.hpp"
#include "support/catch.hpp"

#include <new>
#include <string>

namespace {

using namespace std::chrono_literals;
using eddy::task;
using served_test::echo;
using served_test::no_memory_on;
namespace sim = eddy::sim;

/// Echoes lines; a sub-task, strings and gathered input allocate more than a plain echo.
task<> echo_lines(eddy::session& peer) {
    auto answer = [](eddy::session& to, std::string text) -> task<> {
        co_await to.write("you said: ", text, "\n");
        co_await eddy::sleep(1ms);
    };
    for (;;) {
        const auto line = co_await peer.read_line(64 * 1024);
        if (!line) {
            co_return;
        }
        co_await answer(peer, std::string(*line));
    }
}

/// One visit: true when it was served to the end.
task<bool> visit(std::string text, std::string answer) {
    auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
    if (!connected) {
        co_return false;
    }
    co_await connected->write(text);
    const auto back = co_await connected->read_exactly(answer.size(), eddy::within(1min));
    if (!back) {
        co_return false;
    }
    const bool is_right =
        std::string(reinterpret_cast<const char*>(back->data()), back->size()) == answer;
    sim::expect(is_right, "an answer is right or missing, never wrong");
    co_await connected->close();
    co_return true;
}

/// Comes back until it was served twice in a row.
task<> insist(std::string text, std::string answer) {
    int served = 0;
    int failed = 0;
    while (served < 2) {
        const bool was_served = co_await visit(text, answer);
        served = was_served ? served + 1 : 0;
        failed += was_served ? 0 : 1;
        sim::expect(failed <= 10, "the server serves on after the fault");
        co_await eddy::sleep(1s);
    }
}

void serve_despite(
    sim::world& world,
    const eddy::handler& service,
    const std::string& text,
    const std::string& answer
) {
    auto& host = world.add_host("server");
    eddy::server_config config;
    config.drain_timeout = 10min;
    eddy::server server(host.loop(), config);
    server.serve("tcp://0.0.0.0:7", service);
    server.start();
    world.run_for(1s);
    auto& clients = world.add_host("client");
    clients.spawn(insist(text, answer));
    clients.spawn(insist(text, answer));
    world.run();
    server.request_drain();
    host.run(server.stopped());
    sim::expect(host.loop().tasks().empty(), "no task is left");
    sim::expect(host.loop().blocks().lent() == 0, "no buffer is left");
    sim::expect(host.open_descriptors() == 0, "no socket is left");
    sim::expect(server.report().is_clean(), "no session had to be forced");
}

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

TEST_CASE("allocation: any one of a server fails, it serves on", "[sim][fault]") {
    // [for-each-allocation]
    sim::fault no_memory;
    no_memory.what = sim::operation::allocate;
    no_memory.on = "server";
    no_memory.since = 500ms; // what sets the server up may fail as a whole

    const auto failed = sim::for_each_fault(no_memory, calm(), [](sim::world& world) {
        serve_despite(world, echo, "hello", "hello");
    });
    // [for-each-allocation]

    CHECK(failed >= 8);
}

TEST_CASE(
    "allocation: one or several in a row fail, a session ends and the server serves on",
    "[sim][fault]"
) {
    const auto no_memory = no_memory_on("server", GENERATE(1U, 2U, 3U, 10U));
    const std::string text(20'000, 'x'); // more than a block

    const auto failed = sim::for_each_fault(no_memory, calm(), [&](sim::world& world) {
        serve_despite(world, echo_lines, text + '\n', "you said: " + text + '\n');
    });

    CHECK(failed >= 15);
}

TEST_CASE("allocation: after a failure, no memory is lost", "[sim][fault]") {
    const auto no_memory = no_memory_on("server");
    const auto scenario = [](sim::world& world) {
        serve_despite(world, echo_lines, "hello\n", "you said: hello\n");
    };
    sim::for_each_fault(no_memory, calm(), scenario); // what is made once, is made

    eddy::detail::empty_frame_cache();
    const auto before = sim::detail::blocks_in_use();
    sim::for_each_fault(no_memory, calm(), scenario);
    eddy::detail::empty_frame_cache();

    CHECK(sim::detail::blocks_in_use() == before);
}

/// Writes ten messages at once, which is more than a block; again when one finds no memory.
task<> write_again(eddy::session& peer) {
    const std::string text(3'000, 'y');
    while (auto line = co_await peer.read_line()) {
        for (int written = 0; written < 10;) {
            try {
                co_await peer.write("one: ", text, "\n");
                ++written;
            } catch (const std::bad_alloc&) {
                continue; // none of it was taken
            }
        }
    }
}

TEST_CASE("allocation: a write finds no memory, none of its message is sent", "[sim][fault]") {
    const auto no_memory = no_memory_on("server");
    std::string ten;
    for (int i = 0; i < 10; ++i) {
        ten += "one: " + std::string(3'000, 'y') + '\n';
    }

    CHECK_NOTHROW(sim::for_each_fault(no_memory, calm(), [&](sim::world& world) {
        serve_despite(world, write_again, "go\n", ten);
    }));
}

TEST_CASE(
    "allocation: set-up fails at any one, start throws or the server serves", "[sim][fault]"
) {
    sim::fault no_memory;
    no_memory.what = sim::operation::allocate;
    no_memory.on = "server";

    const auto failed = sim::for_each_fault(no_memory, calm(), [](sim::world& world) {
        auto& host = world.add_host("server");
        eddy::server server(host.loop(), {});
        server.serve("tcp://0.0.0.0:7", echo);
        server.start();
        world.run_for(1s);
        server.request_drain();
        host.run(server.stopped());
        sim::expect(host.open_descriptors() == 0, "no socket is left");
    });

    CHECK(failed >= 1);
}

} // namespace
