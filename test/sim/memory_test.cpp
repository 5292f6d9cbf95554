// SPDX-License-Identifier: BSL-1.0
// Peers that send and never read, on simulated hosts: what the server holds for them is bounded,
// and the others go on.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/log_lines.hpp"
#include "sim/raw_operations.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::close_reason;
using eddy::task;
namespace sim = eddy::sim;

constexpr std::size_t mebibyte = 1024 * 1024;

/// In parts that are small enough to be copied into the outbox.
task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        constexpr std::size_t part_max = 1000;
        for (auto rest = *bytes; !rest.empty();) {
            const auto part = rest.first(std::min(part_max, rest.size()));
            rest = rest.subspan(part.size());
            co_await peer.write(part);
        }
    }
}

/// How a visit went.
struct visit {
    std::size_t received = 0; ///< Bytes that came back.
    eddy::error_code end;
};

/// Sends a mebibyte, and reads nothing for a minute.
task<> read_late(visit& seen) {
    auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
    sim::expect(peer.has_value(), "the client connects");
    const std::string much(mebibyte, 'x');
    eddy::scope sending;
    sending.spawn([](eddy::session& to, const std::string& what) -> task<> {
        co_await to.write(what);
    }(*peer, much));
    co_await eddy::sleep(1min);
    bool goes_on = true;
    while (goes_on) {
        const auto bytes = co_await peer->read();
        seen.end = bytes.error();
        seen.received += bytes ? bytes->size() : 0;
        goes_on = bytes && seen.received < mebibyte;
    }
    co_await sending.join();
    co_await peer->close();
}

/// A word a second, each answered before the next.
task<> talk(unsigned& answered) {
    auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
    for (int i = 0; i != 90; ++i) {
        co_await peer->write("word");
        const auto back = co_await peer->read_exactly(4, eddy::within(500ms));
        sim::expect(back.has_value(), "the others' memory delays nobody");
        ++answered;
        co_await eddy::sleep(1s);
    }
    co_await peer->close();
}

/// The most that there was of everything, a look every 5 ms.
task<> watch(const eddy::server& server, eddy::memory_report& most) {
    for (int i = 0; i != 100 * 200; ++i) {
        const auto now = server.report().memory;
        most.inboxes = std::max(most.inboxes, now.inboxes);
        most.outboxes = std::max(most.outboxes, now.outboxes);
        most.frames = std::max(most.frames, now.frames);
        most.paused = std::max(most.paused, now.paused);
        co_await eddy::sleep(5ms);
    }
}

struct outcome {
    std::vector<visit> visits;
    unsigned answered = 0;
    eddy::memory_report most;
    eddy::server_report report;
    [[nodiscard]] std::size_t most_buffers() const { return most.inboxes + most.outboxes; }
    [[nodiscard]] std::size_t served() const {
        return static_cast<std::size_t>(std::count_if(
            visits.begin(),
            visits.end(),
            [](const visit& each) { return each.received == mebibyte; }
        ));
    }
};

constexpr std::size_t crowd = 40;

outcome serve(const eddy::server_config& config) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), config);
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    listening.socket.receive_buffer = std::size_t(8) * 1024; // what comes does not come at once
    server.serve("tcp://0.0.0.0:7", echo, listening);
    server.start();
    outcome seen;
    seen.visits.resize(crowd);
    for (std::size_t i = 0; i != crowd; ++i) {
        world.add_host("late reader " + std::to_string(i)).spawn(read_late(seen.visits[i]));
    }
    world.add_host("talker").spawn(talk(seen.answered));
    host.spawn(watch(server, seen.most));
    world.run();
    const auto idle = server.report().memory;
    CHECK(idle.inboxes == 0);
    CHECK(idle.outboxes == 0);
    CHECK(idle.paused == 0);
    server.request_drain();
    host.run(server.stopped());
    seen.report = server.report();
    sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
    return seen;
}

TEST_CASE("memory: without a mark the outboxes alone are the bound", "[sim]") {
    const auto seen = serve({});
    CHECK(seen.served() == crowd);
    CHECK(seen.answered == 90);
    CHECK(seen.most_buffers() > 3 * mebibyte);
    CHECK(seen.most.frames > crowd * 500);
    CHECK(seen.most.paused == 0);
    CHECK(seen.report.memory.episodes == 0);
}

TEST_CASE("memory: above the soft mark those that hold most wait, and lose nothing", "[sim]") {
    const log_lines log;
    eddy::server_config config;
    config.memory_soft = mebibyte + mebibyte / 2;
    const auto seen = serve(config);
    CHECK(seen.served() == crowd);
    CHECK(seen.answered == 90);
    CHECK(seen.most.paused >= crowd / 2);
    CHECK(seen.most_buffers() < 2 * mebibyte + mebibyte / 2);
    CHECK(seen.report.memory.episodes >= 1);
    CHECK(std::cmp_equal(log.count("memory is above memory_soft"), seen.report.memory.episodes));
    CHECK(seen.report.memory.closed == 0);
}

TEST_CASE("memory: above the hard mark the worst are closed, the others served", "[sim]") {
    eddy::server_config config;
    config.memory_hard = 2 * mebibyte;
    const auto seen = serve(config);
    const auto closed = seen.report.memory.closed;
    CHECK(closed > 0);
    CHECK(closed < crowd);
    CHECK(closed == seen.report.listeners.front().ended(close_reason::memory));
    CHECK(seen.served() == crowd - closed);
    CHECK(seen.answered == 90);
    CHECK(seen.most_buffers() < 3 * mebibyte); // what all sessions do in a turn comes on top of it
    for (const auto& each : seen.visits) {
        CHECK((each.received == mebibyte || each.end == eddy::errc::reset));
    }
}

TEST_CASE("memory: the one that holds most is closed, and no other", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server_config config;
    config.memory_hard = 3 * mebibyte;
    eddy::server server(host.loop(), config);
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    listening.limits.hard = 4 * mebibyte;
    std::vector<close_reason> ends;
    // The peer says how many blocks it is to be sent; nobody reads them.
    const auto send_blocks = [&](eddy::session& peer) -> task<> {
        const auto count = co_await peer.read_exactly(1);
        for (int left = std::to_integer<int>(count->front()); left != 0; --left) {
            peer.post(std::string(std::size_t(16) * 1024, 'x'));
        }
        const auto end = co_await peer.read();
        sim::expect(!end, "the session ends");
        ends.push_back(peer.ended_by());
    };
    server.serve("tcp://0.0.0.0:7", eddy::handler(send_blocks), listening);
    server.start();
    const auto ask = [](std::string blocks, eddy::duration later) -> task<> {
        co_await eddy::sleep(later);
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
        co_await peer->write(blocks);
        co_await eddy::sleep(1min);
        if (later == 1s) { // the greedy one
            auto bytes = co_await peer->read();
            while (bytes) {
                bytes = co_await peer->read();
            }
            sim::expect(bytes.error() == eddy::errc::reset, "what is cut off does not look whole");
        }
        co_await peer->close(0s);
    };
    for (int i = 0; i != 8; ++i) {
        world.add_host("modest " + std::to_string(i)).spawn(ask("\x10", 0s));
    }
    world.add_host("greedy").spawn(ask("\x7f", 1s));
    world.add_host("modest late").spawn(ask("\x10", 2s));
    world.run();
    server.request_drain();
    host.run(server.stopped());
    CHECK(ends.size() == 10);
    CHECK(ends.front() == close_reason::memory);
    CHECK(std::count(ends.begin(), ends.end(), close_reason::memory) == 1);
}

/// Sends a message of a mebibyte, and waits for the end.
task<> send_much(eddy::error_code& end) {
    auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
    const std::string much(mebibyte, 'x');
    co_await peer->write(much);
    end = (co_await peer->read()).error();
}

TEST_CASE("memory: who was closed and holds its memory still, is closed for no other", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {.memory_hard = mebibyte + mebibyte / 2});
    const auto keep = [](eddy::session& peer) -> task<> {
        co_await peer.read_exactly(mebibyte);
        co_await eddy::sleep(10s);
    };
    server.serve("tcp://0.0.0.0:7", eddy::handler(keep));
    server.start();
    std::vector<eddy::error_code> ends(2);
    for (auto& each : ends) {
        world.add_host("client " + std::to_string(&each - ends.data())).spawn(send_much(each));
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());
    CHECK(server.report().memory.closed == 1);
}

TEST_CASE("memory: who is held back in a message has until its deadline, not for ever", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {.memory_soft = mebibyte});
    const auto take = [](eddy::session& peer) -> task<> {
        (void)co_await peer.read_exactly(mebibyte);
    };
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    listening.limits.deadlines.frame = 5s;
    listening.limits.deadlines.min_rate = 64;
    server.serve("tcp://0.0.0.0:7", eddy::handler(take), listening);
    server.start();
    std::vector<eddy::error_code> ends(4);
    for (auto& each : ends) {
        world.add_host("client " + std::to_string(&each - ends.data())).spawn(send_much(each));
    }
    world.run_for(4s);
    CHECK(server.report().memory.paused == 4);
    world.run_for(4s);
    CHECK(server.report().memory.paused == 0);
    CHECK(server.report().listeners.front().ended(eddy::close_reason::frame) == 4);
    server.request_drain();
    host.run(server.stopped());
    world.run();
}

TEST_CASE("memory: who was held back when a drain comes, reads its message to the end", "[sim]") {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {.memory_soft = mebibyte});
    unsigned read = 0;
    const auto take = [&read](eddy::session& peer) -> task<> {
        const auto message = co_await peer.read_exactly(mebibyte);
        read += message ? 1U : 0U;
    };
    eddy::listen_options listening;
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", eddy::handler(take), listening);
    server.start();
    std::vector<eddy::error_code> ends(4);
    for (auto& each : ends) {
        world.add_host("client " + std::to_string(&each - ends.data())).spawn(send_much(each));
    }
    world.run_for(10s);
    CHECK(server.report().memory.paused == 4);
    server.request_drain();
    host.run(server.stopped());
    CHECK(read == 4);
    CHECK(server.report().is_clean());
    world.run();
}

} // namespace
