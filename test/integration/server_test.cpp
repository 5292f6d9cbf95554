// SPDX-License-Identifier: BSL-1.0
// The server on real sockets of the loopback interface. What only needs behaviour is tested under
// the simulator.
#include <eddy/asio.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using Catch::Contains;

task<> echo(session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

task<> echo_datagrams(datagrams& socket) {
    while (auto batch = co_await socket.receive()) {
        for (const auto& each : *batch) {
            co_await socket.reply(each, each.data);
        }
    }
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A client's program on a loop of its own; everything that it awaits gives up after some seconds.
template <class Value>
Value on_loop(task<Value> program) {
    loop here;
    return here.run(std::move(program));
}

task<std::string> ask(endpoint where, std::string message) {
    auto peer = co_await connect(where);
    if (!peer) {
        co_return "connect: " + peer.error().message();
    }
    co_await peer->write(message);
    const auto reply = co_await peer->read_exactly(message.size(), within(5s));
    co_return reply ? text_of(*reply) : "read: " + reply.error().message();
}

TEST_CASE(
    "server: echo over TCP, Unix and memory, with one loop and with several",
    "[integration][server]"
) {
    const auto workers = GENERATE(1U, 3U);
    const auto where = GENERATE(
        as<std::string>(),
        "tcp://127.0.0.1:0",
        "tcp://[::1]:0",
        "tcp://localhost:0",
        "unix:@eddy-server-test",
        "mem:server-test"
    );
    server_config config;
    config.workers = workers;
    server tested(config);
    tested.serve(where, echo);
    tested.start();

    for (int i = 0; i != 5; ++i) {
        CHECK(
            on_loop(ask(tested.endpoints().front(), "hello " + std::to_string(i))) ==
            "hello " + std::to_string(i)
        );
    }

    const auto report = tested.drain(5s);
    CHECK(report.is_clean());
    CHECK(report.live() == 0);
    CHECK(report.listeners.front().accepted == 5);
    CHECK(report.listeners.front().finished == 5);
}

TEST_CASE(
    "server: what each loop has done, is told while it runs and afterwards", "[integration][server]"
) {
    server_config config;
    config.workers = 2;
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", echo);
    CHECK(tested.report().loops.empty());
    tested.start();
    CHECK(tested.report().loops.size() == 2);
    (void)on_loop(ask(tested.endpoints().front(), "hello"));

    const auto report = tested.drain(5s);
    REQUIRE(report.loops.size() == 2);
    const auto& first = report.loops.front(); // the other one may have had nothing to do
    CHECK(first.turns != 0);
    CHECK(first.resumed != 0);
    CHECK((first.waits == 0) == (first.engine == "asio"));
    CHECK(first.receives + report.loops.back().receives != 0);
    CHECK(first.sends + report.loops.back().sends == 1);
    CHECK(tested.report().loops.front().turns == report.loops.front().turns);
}

TEST_CASE(
    "server: stopped and started again on the same object, serves again", "[integration][server]"
) {
    server tested;
    tested.serve("tcp://127.0.0.1:0", echo);

    for (int i = 0; i != 3; ++i) {
        tested.start();
        CHECK(on_loop(ask(tested.endpoints().front(), "again")) == "again");
        const auto report = i == 1 ? tested.drain(5s) : tested.stop();
        CHECK(report.listeners.front().accepted == 1);
    }
    CHECK(tested.stop().live() == 0); // stopped already
}

TEST_CASE("server: nothing is open, a drain ends at once", "[integration][server]") {
    server tested;
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();

    CHECK(tested.drain(std::chrono::hours(1)).is_clean()
    ); // the test's time limit fails this when it waits
}

task<error_code> stay_idle(endpoint where, std::atomic<bool>& is_open) {
    auto peer = co_await connect(where);
    co_await peer->write("x");
    (void)co_await peer->read_exactly(1);
    is_open = true;
    const auto end = co_await peer->read(within(10s));
    co_return end.error();
}

TEST_CASE(
    "server: drained with an idle session, its client sees the end and nothing is forced",
    "[integration][server]"
) {
    server tested;
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();
    std::atomic<bool> is_open = false;
    error_code seen;
    std::thread client([&] { seen = on_loop(stay_idle(tested.endpoints().front(), is_open)); });
    while (!is_open) {
        std::this_thread::yield();
    }

    const auto report = tested.drain(10s);
    client.join();

    CHECK(seen == errc::end_of_stream);
    CHECK(report.is_clean());
}

TEST_CASE(
    "server: a handler does not end, it is stopped at the deadline and counted as forced",
    "[integration][server]"
) {
    const bool returns = GENERATE(false, true); // instead of passing the stop on
    server tested;
    tested.serve("tcp://127.0.0.1:0", [returns](session& peer) -> task<> {
        co_await peer.write("x");
        if (returns) {
            (void)co_await peer.read_exactly(100); // in the middle of a message
        } else {
            co_await sleep(std::chrono::hours(1));
        }
    });
    tested.start();
    std::atomic<bool> is_open = false;
    error_code seen;
    const auto client = [](endpoint where, std::atomic<bool>& opened) -> task<error_code> {
        auto peer = co_await connect(where);
        co_await peer->write("half a message");
        (void)co_await peer->read_exactly(1);
        opened = true;
        co_return (co_await peer->read(within(10s))).error();
    };
    std::thread thread([&] { seen = on_loop(client(tested.endpoints().front(), is_open)); });
    while (!is_open) {
        std::this_thread::yield();
    }

    const auto report = tested.drain(0s);
    thread.join();

    CHECK((seen == errc::end_of_stream || seen == errc::reset));
    CHECK(report.listeners.front().forced == 1);
    CHECK_FALSE(report.is_clean());
}

TEST_CASE(
    "server: a handler throws, its session ends and the others live", "[integration][server]"
) {
    server tested;
    tested.serve("tcp://127.0.0.1:0", [](session& peer) -> task<> {
        while (auto line = co_await peer.read_line()) {
            if (*line == "throw") {
                throw std::runtime_error("as asked");
            }
            if (*line == "throw something odd") {
                throw 1;
            }
            co_await peer.write(*line, "\n");
        }
    });
    tested.start();
    const auto client = [](endpoint where) -> task<std::string> {
        auto good = co_await connect(where);
        auto bad = co_await connect(where);
        auto odd = co_await connect(where);
        co_await bad->write("throw\n");
        co_await odd->write("throw something odd\n");
        const auto bad_end = co_await bad->read(within(5s));
        const auto odd_end = co_await odd->read(within(5s));
        if (bad_end.error() != errc::end_of_stream || odd_end.error() != errc::end_of_stream) {
            co_return "their sessions go on";
        }
        co_await good->write("alive\n");
        const auto line = co_await good->read_line(100, within(5s));
        co_return line ? std::string(*line) : line.error().message();
    };

    CHECK(on_loop(client(tested.endpoints().front())) == "alive");

    const auto report = tested.drain(5s);
    CHECK(report.listeners.front().failed == 2);
    CHECK(report.listeners.front().finished == 1);
}

TEST_CASE("server: datagrams, echoed from the address that they came to", "[integration][server]") {
    server tested;
    tested.serve("udp://0.0.0.0:0", echo_datagrams);
    tested.start();
    const auto port = tested.endpoints().front().port();
    const auto client = [](std::uint16_t to) -> task<std::string> {
        auto socket = datagrams::open("udp://127.0.0.1:0");
        std::string got;
        for (const auto size : {std::size_t(0), std::size_t(5), std::size_t(65'507)}) {
            const address target(
                address::ipv4_bytes{127, 0, 0, 2}, to
            ); // not the one that the system would choose to answer from
            co_await socket->send(target, std::string(size, 'd'));
            const auto batch = co_await socket->receive(within(5s));
            if (!batch || batch->front().data.size() != size || batch->front().peer != target) {
                got += "wrong ";
            }
        }
        const auto refused = co_await socket->send(
            address(address::ipv4_bytes{127, 0, 0, 2}, to), std::string(65'508, 'd')
        );
        co_return got + refused.error().message();
    };

    CHECK(on_loop(client(port)) == make_error_code(errc::too_long).message());
    CHECK(tested.drain(5s).is_clean());
}

TEST_CASE(
    "server: an endpoint cannot be bound, start names it and leaves nothing behind",
    "[integration][server]"
) {
    server first;
    first.serve("tcp://127.0.0.1:0", echo);
    first.start();
    const auto taken = first.endpoints().front();
    server second;
    second.serve("tcp://127.0.0.1:0", echo);
    second.serve(taken, echo);

    try {
        second.start();
        FAIL("it started");
    } catch (const error& refused) {
        CHECK(refused.code() == std::errc::address_in_use);
        CHECK(std::string(refused.what()).find(taken.to_string()) != std::string::npos);
        CHECK(
            std::string(refused.what()).find("another process listens there") != std::string::npos
        );
    }
    first.stop();
    second.start();
    CHECK(on_loop(ask(taken, "mine now")) == "mine now");
}

TEST_CASE(
    "server: a posted function throws, run throws that and leaves nothing behind",
    "[integration][server]"
) {
    server_config config;
    config.workers = GENERATE(1U, 2U);
    server tested(config);
    bool fails = true;
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.on_ready([&fails] {
        if (fails) {
            loop::current().post([] { throw std::runtime_error("posted"); });
        }
    });

    CHECK_THROWS_WITH(tested.run(), "posted");
    CHECK_FALSE(tested.is_ready());
    const auto before = tested.endpoints().front();
    server next;
    next.serve(before, echo);
    CHECK_NOTHROW(next.start()); // nobody is bound there

    fails = false;
    CHECK_NOTHROW(tested.start());
    CHECK(on_loop(ask(tested.endpoints().front(), "again")) == "again");
    CHECK(tested.drain(5s).is_clean());
}

TEST_CASE("server: misuse, says what is wrong", "[integration][server]") {
    CHECK_THROWS_AS(server(server_config{.workers = 0}), error);
    CHECK_THROWS_AS(server(server_config{.workers = 1, .engine = "warp"}).start(), error);
    server tested;
    CHECK_THROWS_AS(tested.serve("udp://127.0.0.1:0", echo), error);
    CHECK_THROWS_AS(tested.serve("tcp://127.0.0.1:0", echo_datagrams), error);
    CHECK_THROWS_AS(tested.serve("tcp://127.0.0.1:99999", echo), error);
    listen_options options;
    options.full = when_full::reply;
    CHECK_THROWS_WITH(tested.serve("tcp://127.0.0.1:0", echo, options), Contains("set refusal"));
    options = {};
    options.limits.deadlines.idle = -1s;
    CHECK_THROWS_WITH(tested.serve("tcp://127.0.0.1:0", echo, options), Contains("negative"));
    options = {};
    options.limits.low = options.limits.high + 1;
    CHECK_THROWS_WITH(tested.serve("tcp://127.0.0.1:0", echo, options), Contains("low is above"));
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();
    CHECK_THROWS_AS(tested.start(), std::logic_error);
    CHECK_THROWS_AS(tested.serve("tcp://127.0.0.1:0", echo), std::logic_error);
}

TEST_CASE(
    "server: on a loop of the application, calls that wait refuse and tell what to call",
    "[integration][server]"
) {
    loop here;
    server tested(here, {});
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();

    CHECK_THROWS_AS(tested.run(), std::logic_error);
    for (const auto waits :
         {+[](server& called) { called.drain(); }, +[](server& called) { called.stop(); }}) {
        try {
            waits(tested); // on the thread that drives the loop, between two of its turns
            FAIL("it has not thrown");
        } catch (const std::logic_error& refused) {
            CHECK(std::string(refused.what()).find("co_await stopped()") != std::string::npos);
        }
    }

    tested.request_drain();
    here.run(tested.stopped());
    CHECK(tested.stop().is_clean()); // nothing is left to wait for
    CHECK(tested.drain().is_clean());
}

TEST_CASE("server: on a loop of the application, drained from a task", "[integration][server]") {
    loop here;
    server tested(here, {});
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();
    const auto program = [](server& on) -> task<std::string> {
        auto reply = co_await ask(on.endpoints().front(), "same loop");
        on.request_drain();
        co_await on.stopped();
        co_return reply;
    };

    CHECK(here.run(program(tested)) == "same loop");
    CHECK(tested.report().is_clean());
}

TEST_CASE(
    "server: on the application's io_context, which ends when the server has drained",
    "[integration][server]"
) {
    boost::asio::io_context context;
    const auto here = make_loop(context);
    server tested(*here, {});
    tested.serve("tcp://127.0.0.1:0", [](session& peer) -> task<> {
        (void)co_await peer.read(within(std::chrono::hours(1)));
    });
    tested.start();
    const auto program = [](server& on) -> task<> {
        auto peer = co_await connect(on.endpoints().front());
        co_await peer->write("x");
        on.request_drain();
        co_await on.stopped();
    };
    spawn_on(*here, program(tested));

    context.run(); // the test's time limit fails this when a timer or a wait is left

    CHECK(tested.report().listeners.front().finished == 1);
}

TEST_CASE(
    "server: many clients at once over several loops, every byte comes back",
    "[integration][server]"
) {
    server_config config;
    config.workers = 2;
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", echo);
    tested.start();
    const auto client = [](endpoint where, int number, unsigned& right) -> task<> {
        auto peer = co_await connect(where);
        std::string message(
            5'000 + static_cast<std::size_t>(number) * 97, static_cast<char>('a' + number % 26)
        );
        for (int round = 0; round != 10; ++round) {
            co_await peer->write(message);
            const auto reply = co_await peer->read_exactly(message.size(), within(20s));
            right += reply && text_of(*reply) == message;
        }
        co_await peer->close();
    };
    const auto program = [&client](endpoint where) -> task<unsigned> {
        unsigned right = 0;
        scope clients;
        for (int i = 0; i != 100; ++i) {
            clients.spawn(client(where, i, right));
        }
        co_await clients.join();
        co_return right;
    };

    CHECK(on_loop(program(tested.endpoints().front())) == 1'000);
    const auto report = tested.drain(10s);
    CHECK(report.is_clean());
    CHECK(report.listeners.front().finished == 100);
    CHECK(report.listeners.front().bytes_received == report.listeners.front().bytes_sent);
}

} // namespace
} // namespace eddy
