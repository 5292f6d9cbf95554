// SPDX-License-Identifier: BSL-1.0
// Servers with several loops, and listeners on which each of them accepts.
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using Catch::Contains;

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Answers, and fails when it finds itself on another loop than before.
task<> echo(session& peer) {
    const loop* const home = &loop::current();
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
        if (&loop::current() != home) {
            throw std::logic_error("the session has moved");
        }
    }
}

/// Answers with the loop that it runs on.
task<> tell_loop(datagrams& socket) {
    const auto home = std::to_string(reinterpret_cast<std::uintptr_t>(&loop::current()));
    while (auto batch = co_await socket.receive()) {
        for (const auto& each : *batch) {
            co_await socket.reply(each, home);
        }
    }
}

template <class Value>
Value on_loop(task<Value> program) {
    loop here;
    return here.run(std::move(program));
}

task<> connect_all(endpoint where, std::size_t count, std::vector<session>& peers) {
    while (peers.size() != count) {
        auto peer = co_await connect(where);
        if (!peer) {
            throw std::runtime_error("connect: " + peer.error().message());
        }
        peers.push_back(std::move(*peer));
    }
}

/// Says one word to each; how many answered with it.
task<std::size_t> ask_all(std::vector<session>& peers) {
    for (auto& each : peers) {
        co_await each.write("word");
    }
    std::size_t answered = 0;
    for (auto& each : peers) {
        const auto reply = co_await each.read_exactly(4, within(10s));
        answered += reply && text_of(*reply) == "word" ? 1U : 0U;
    }
    co_return answered;
}

server_config with_loops(unsigned workers) {
    server_config config;
    config.workers = workers;
    return config;
}

listen_options on_every_loop() {
    listen_options options;
    options.accepting = accept_on::every_loop;
    return options;
}

struct seen_loops {
    std::size_t answered = 0;
    std::vector<loop_report> before; // the messages
    std::vector<loop_report> after;
};

task<seen_loops> talk(server& tested, endpoint where) {
    seen_loops seen;
    std::vector<session> peers;
    co_await connect_all(where, 60, peers);
    seen.answered = co_await ask_all(peers);
    seen.before = tested.report().loops;
    for (int i = 0; i != 20; ++i) {
        seen.answered += co_await ask_all(peers);
    }
    seen.after = tested.report().loops;
    co_return seen;
}

TEST_CASE(
    "every loop: serves what it accepts, and no message is handed from loop to loop",
    "[integration][loops]"
) {
    const auto workers = GENERATE(1U, 3U);
    const auto* where = GENERATE("tcp://127.0.0.1:0", "tcp://[::]:0", "tcp://localhost:0");
    server tested(with_loops(workers));
    tested.serve(where, echo, on_every_loop());
    tested.start();

    const auto port = tested.endpoints().front().port();
    const endpoint target("tcp://127.0.0.1:" + std::to_string(port)); // all three listen there
    const auto seen = on_loop(talk(tested, target));
    CHECK(seen.answered == 60 * 21);
    std::uint64_t accepted = 0;
    for (std::size_t i = 0; i != workers; ++i) {
        CHECK(seen.before[i].posted == 1); // the order to start
        CHECK(seen.after[i].posted == 1);
        CHECK(seen.before[i].accepted != 0);
        CHECK(seen.before[i].live == seen.before[i].accepted);
        accepted += seen.before[i].accepted;
    }
    CHECK(accepted == 60);

    const auto report = tested.drain(5s);
    CHECK(report.is_clean());
    CHECK(report.listeners.size() == 1);
    CHECK(report.listeners.front().accepted == 60);
    CHECK(report.listeners.front().finished == 60);
    CHECK(report.listeners.front().bytes_received == 60 * 21 * 4);
    CHECK(report.live() == 0);
}

TEST_CASE(
    "first loop: hands a session over with one post, and no message needs any",
    "[integration][loops]"
) {
    server tested(with_loops(3));
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();

    const auto seen = on_loop(talk(tested, tested.endpoints().front()));
    CHECK(seen.answered == 60 * 21);
    CHECK(seen.before[0].posted == 1); // the order to start
    for (std::size_t i = 1; i != 3; ++i) {
        CHECK(seen.before[i].posted == seen.before[i].accepted);
        CHECK(seen.before[i].accepted == 20);
    }
    for (std::size_t i = 0; i != 3; ++i) {
        CHECK(seen.after[i].posted == seen.before[i].posted);
    }
    CHECK(tested.drain(5s).is_clean());
}

/// Loops that answered the datagrams of one peer; empty for one that got no answer.
task<std::set<std::string>> ask_thrice(address where) {
    auto socket = datagrams::open("udp://127.0.0.1:0");
    std::set<std::string> answered;
    for (int i = 0; i != 3; ++i) {
        co_await socket->send(where, "?");
        const auto batch = co_await socket->receive(within(5s));
        answered.insert(batch ? text_of(batch->front().data) : "nobody");
    }
    co_return answered;
}

task<std::set<std::string>> ask_from_everywhere(address where) {
    std::set<std::string> loops;
    for (int i = 0; i != 60; ++i) {
        const auto answered = co_await ask_thrice(where);
        if (answered.size() != 1) {
            throw std::runtime_error("one peer was answered by several loops");
        }
        loops.insert(*answered.begin());
    }
    co_return loops;
}

TEST_CASE(
    "every loop: datagrams have a handler on each, and a peer stays with one",
    "[integration][loops]"
) {
    server tested(with_loops(3));
    tested.serve("udp://127.0.0.1:0", tell_loop, on_every_loop());
    tested.start();

    const auto loops = on_loop(ask_from_everywhere(*tested.endpoints().front().numeric()));
    CHECK(loops.size() == 3);
    CHECK(loops.count("nobody") == 0);
    CHECK(tested.report().live() == 3);

    const auto report = tested.drain(5s);
    CHECK(report.is_clean());
    CHECK(report.listeners.front().accepted == 3);
    CHECK(report.listeners.front().datagrams.received == 180);
    CHECK(report.listeners.front().datagrams.sent == 180);
}

task<std::size_t> wait_in_queues(server& tested, endpoint where, std::size_t count) {
    std::vector<session> served;
    co_await connect_all(where, 1, served);
    const std::size_t first = co_await ask_all(served);
    std::vector<session> waiting;
    co_await connect_all(where, count, waiting);
    for (auto& each : waiting) {
        co_await each.write("word");
        co_await each.flush();
    }
    const auto report = tested.report().listeners.front();
    if (first != 1 || report.accepted != 1) {
        throw std::runtime_error("the cap does not hold");
    }
    tested.request_drain();
    std::size_t answered = 0;
    for (auto& each : waiting) {
        const auto reply = co_await each.read_exactly(4, within(10s));
        answered += reply && text_of(*reply) == "word" ? 1U : 0U;
    }
    co_return answered;
}

TEST_CASE(
    "every loop: a drain serves who waits in the queue of any socket", "[integration][loops]"
) {
    server tested(with_loops(3));
    auto options = on_every_loop();
    options.max_sessions = 1;
    tested.serve("tcp://127.0.0.1:0", echo, options);
    tested.start();
    const auto where = tested.endpoints().front();

    CHECK(on_loop(wait_in_queues(tested, where, 40)) == 40);
    const auto report = tested.drain(5s);
    CHECK(report.is_clean());
    CHECK(report.listeners.front().accepted == 41);
    CHECK(report.listeners.front().refused == 0);

    tested.start(); // the port is free again, for all of them
    CHECK_NOTHROW(tested.drain(5s));
}

task<> visit(endpoint where, std::size_t& answered) {
    auto peer = co_await connect(where);
    if (peer) {
        co_await peer->write("word");
        const auto reply = co_await peer->read_exactly(4, within(10s));
        answered += reply ? 1U : 0U;
        co_await peer->close();
    }
}

task<std::size_t> visit_all(std::vector<endpoint> where, std::size_t count) {
    std::size_t answered = 0;
    scope visits;
    for (std::size_t i = 0; i != count; ++i) {
        visits.spawn(visit(where[i % where.size()], answered));
    }
    co_await visits.join();
    co_return answered;
}

TEST_CASE("every loop: a cap holds for all of them together", "[integration][loops]") {
    constexpr unsigned most = 4;
    constexpr std::size_t clients = 120;
    auto config = with_loops(3);
    auto options = on_every_loop();
    const bool is_of_server = GENERATE(false, true);
    (is_of_server ? config.max_sessions : options.max_sessions) = most;
    options.full = GENERATE(when_full::queue, when_full::refuse);
    std::atomic<unsigned> inside{0};
    std::atomic<unsigned> peak{0};
    const auto counted = [&inside, &peak](session& peer) -> task<> {
        const unsigned now = ++inside;
        unsigned before = peak;
        while (before < now && !peak.compare_exchange_weak(before, now)) {
        }
        const auto word = co_await peer.read_exactly(4);
        if (word) {
            co_await peer.write(*word);
        }
        --inside;
    };
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", counted, options);
    if (is_of_server) {
        tested.serve("tcp://127.0.0.1:0", counted, options);
    }
    tested.start();

    const auto answered = on_loop(visit_all(tested.endpoints(), clients));
    const auto report = tested.drain(5s);
    std::uint64_t refused = 0;
    for (const auto& each : report.listeners) {
        refused += each.refused;
    }
    CHECK(peak <= most);
    CHECK(answered + refused == clients);
    CHECK((options.full == when_full::refuse || refused == 0));
    CHECK(answered >= most);
}

TEST_CASE("every loop: stopped while clients wait for a place, ends", "[integration][loops]") {
    server tested(with_loops(3));
    auto options = on_every_loop();
    options.max_sessions = 1;
    tested.serve("tcp://127.0.0.1:0", echo, options);
    tested.start();
    auto program = [](endpoint where, server& stopped) -> task<std::size_t> {
        std::vector<session> peers;
        co_await connect_all(where, 1, peers);
        (void)co_await ask_all(peers); // it has the place
        co_await connect_all(where, 30, peers);
        stopped.request_drain();
        stopped.request_drain(); // which forces
        std::size_t ended = 0;
        for (auto& each : peers) {
            const auto reply = co_await each.read(within(10s));
            ended += !reply && reply.error() != errc::timed_out ? 1U : 0U;
        }
        co_return ended;
    };

    CHECK(on_loop(program(tested.endpoints().front(), tested)) == 30);
    CHECK(tested.stop().live() == 0);
}

TEST_CASE(
    "every loop: the port is not shared with other servers, unless they ask for it",
    "[integration][loops]"
) {
    const auto* scheme = GENERATE("tcp", "udp");
    const handler both(echo, tell_loop);
    server first(with_loops(2));
    first.serve(std::string(scheme) + "://127.0.0.1:0", both, on_every_loop());
    first.start();
    const auto taken = first.endpoints().front();
    server second(with_loops(2));
    second.serve(taken, both, on_every_loop());

    CHECK_THROWS_WITH(second.start(), Contains("another process listens there"));
    first.stop();
    second.start();
    CHECK(second.endpoints().front() == taken);
    second.stop();

    auto shared = on_every_loop();
    shared.socket.reuse_port = true;
    server third(with_loops(2));
    server fourth(with_loops(2));
    third.serve(taken, both, shared);
    fourth.serve(taken, both, shared);
    third.start();
    CHECK_NOTHROW(fourth.start());
}

TEST_CASE("every loop: endpoints without a port, refused with what to do", "[integration][loops]") {
    const auto* where = GENERATE(
        "unix:@eddy-loops-test", "unixgram:@eddy-loops-test", "fd:0", "stdio:", "mem:loops-test"
    );
    server tested(with_loops(2));
    const handler both(echo, tell_loop);

    CHECK_THROWS_WITH(
        tested.serve(where, both, on_every_loop()),
        Contains(std::string("endpoint \"") + where) && Contains("every_loop needs a port") &&
            Contains("accept_on::first_loop")
    );
}

} // namespace
} // namespace eddy
