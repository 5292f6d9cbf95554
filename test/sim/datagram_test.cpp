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
namespace sim = eddy::sim;

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

/// Sends numbered datagrams, one a millisecond.
task<> send_numbers(int count, eddy::address to) {
    const auto port = raw::bind("udp://0.0.0.0:0");
    for (int i = 0; i < count; ++i) {
        const std::string text = std::to_string(i);
        co_await raw::send(*port, text, to);
        co_await eddy::sleep(1ms);
    }
}

/// Receives until `length` is over.
task<> receive_for(eddy::duration length, std::vector<std::string>& into) {
    auto receiving = [](std::vector<std::string>& texts) -> task<> {
        const auto port = raw::bind("udp://0.0.0.0:7");
        for (;;) {
            const auto received = co_await raw::receive(*port);
            if (received.error == errc::cancelled) {
                co_return;
            }
            texts.push_back(received.text);
        }
    };
    eddy::scope receiver;
    receiver.spawn(receiving(into));
    co_await eddy::sleep(length);
    receiver.request_stop();
    co_await receiver.join();
}

std::vector<std::string> exchange(int count, const sim::link_options& behaviour) {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    world.link(client, server).options = behaviour;
    std::vector<std::string> received;
    server.spawn(receive_for(1s, received));
    client.spawn(send_numbers(count, server.ipv4().with_port(7)));
    world.run();
    return received;
}

TEST_CASE("sim datagrams: a calm link, all arrive in order", "[sim][datagram]") {
    const auto received = exchange(5, {});

    CHECK(received == std::vector<std::string>{"0", "1", "2", "3", "4"});
}

TEST_CASE("sim datagrams: loss, some are missing", "[sim][datagram]") {
    sim::link_options lossy;
    lossy.loss = 300'000;

    const auto received = exchange(100, lossy);

    CHECK(received.size() > 50);
    CHECK(received.size() < 90);
}

TEST_CASE("sim datagrams: duplication, some come twice", "[sim][datagram]") {
    sim::link_options doubling;
    doubling.duplicate = 300'000;

    const auto received = exchange(100, doubling);

    CHECK(received.size() > 110);
    CHECK(received.size() < 150);
}

TEST_CASE("sim datagrams: reordering, all come but not in order", "[sim][datagram]") {
    sim::link_options shuffling;
    shuffling.latency = 2ms;
    shuffling.reorder = 300'000;

    auto received = exchange(10, shuffling);

    CHECK_FALSE(std::is_sorted(received.begin(), received.end()));
    std::sort(received.begin(), received.end());
    CHECK(received == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

TEST_CASE("sim datagrams: both ends of one, and a reply to where it came from", "[sim][datagram]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto serve = [](eddy::address own) -> task<> {
        const auto port = raw::bind("udp://[::]:7");
        const auto received = co_await raw::receive(*port);
        CHECK(received.local.to_string() == "[::ffff:" + own.host_string() + "]:7");
        co_await raw::send(*port, "pong", received.peer);
    };
    auto talk = [](eddy::address to) -> task<> {
        const auto port = raw::bind("udp://0.0.0.0:0");
        co_await raw::send(*port, "ping", to);
        const auto received = co_await raw::receive(*port);
        CHECK(received.text == "pong");
        CHECK(received.peer == to);
    };

    server.spawn(serve(server.ipv4().with_port(7)));
    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();
}

TEST_CASE("sim datagrams: nobody there, lost without a word", "[sim][datagram]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto talk = [](eddy::address to) -> task<> {
        const auto port = raw::bind("udp://0.0.0.0:0");
        co_await raw::send(*port, "ping", to);
        co_await eddy::sleep(1s);
        const auto own = port->local().numeric().value();
        co_await raw::send(*port, "alone", own);
        const auto received = co_await raw::receive(*port);
        CHECK(received.text == "alone");
    };

    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();
}

TEST_CASE(
    "sim datagrams: longer than the buffer, cut and marked, and too long to send, refused",
    "[sim][datagram]"
) {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto talk = []() -> task<> {
        eddy::socket_options options;
        options.max_datagram = 4;
        const auto receiver = raw::bind("udp://127.0.0.1:7", options);
        const auto sender = raw::bind("udp://127.0.0.1:0");
        const auto to = *eddy::address::parse("127.0.0.1:7");

        const std::string huge(70'000, 'x');
        const auto refused = co_await raw::send(*sender, huge, to);
        CHECK(refused == sim::system_error(EMSGSIZE));
        co_await raw::send(*sender, "12345", to);
        co_await raw::send(*sender, "", to);
        const auto cut = co_await raw::receive(*receiver);
        CHECK(cut.text == "1234");
        CHECK(cut.is_truncated);
        const auto empty = co_await raw::receive(*receiver);
        CHECK(empty.text.empty());
        CHECK(!empty.error);
        CHECK(!empty.is_truncated);
    };

    host.spawn(talk());
    world.run();
}

TEST_CASE("sim datagrams: the receiver is slow, UDP drops and counts", "[sim][datagram]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto talk = []() -> task<> {
        eddy::socket_options options;
        options.receive_buffer = 1'000; // room for three small ones with what the kernel adds
        const auto receiver = raw::bind("udp://127.0.0.1:7", options);
        const auto sender = raw::bind("udp://127.0.0.1:0");
        for (int i = 0; i < 5; ++i) {
            co_await raw::send(*sender, "x", *eddy::address::parse("127.0.0.1:7"));
        }
        co_await eddy::sleep(1s);
        CHECK(receiver->overflows() == 2);
    };

    host.spawn(talk());
    world.run();
}

TEST_CASE("sim datagrams: the receiver is slow, a Unix socket's sender waits", "[sim][datagram]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto receive = []() -> task<> {
        const auto port = raw::bind("unixgram:/run/log");
        co_await eddy::sleep(1s);
        for (int i = 0; i < 20; ++i) {
            const auto received = co_await raw::receive(*port);
            CHECK(received.text == std::to_string(i));
            CHECK(received.peer == eddy::address::local("/run/client"));
        }
    };
    eddy::duration took{};
    auto send = [](eddy::duration& into) -> task<> {
        const auto port = raw::bind("unixgram:/run/client");
        const auto begin = eddy::loop_clock::now();
        for (int i = 0; i < 20; ++i) {
            const std::string text = std::to_string(i);
            const auto failed = co_await raw::send(*port, text, eddy::address::local("/run/log"));
            CHECK(!failed);
        }
        into = eddy::loop_clock::now() - begin;
    };

    host.spawn(receive());
    host.spawn(send(took));
    world.run();

    CHECK(took >= 1s);
}

} // namespace
