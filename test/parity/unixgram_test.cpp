// SPDX-License-Identifier: BSL-1.0
// What is special about Unix datagram sockets.
#include "parity/scenario.hpp"

namespace {

using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

TEST_CASE("unixgram: nobody has ever been there, no such file or refused", "[parity]") {
    play(
        {scene::unixgram},
        "client: send \"hello\": No such file or directory",
        [](actor&) -> task<> { co_return; },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            co_await client.send(*port, "hello", eddy::address::local("/run/nobody/here"));
            co_await client.send(*port, "hello", eddy::address::local("@nobody is here"));
        }
    );
}

TEST_CASE("unixgram: the receiver has closed, its path is gone", "[parity]") {
    play(
        {scene::unixgram},
        "client: send \"hello\": No such file or directory",
        [](actor& server) -> task<> {
            {
                const auto port = server.bind_server();
            }
            server.give("closed");
            co_return;
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            co_await client.hear("closed");
            co_await client.send(*port, "hello", co_await client.server_address());
        }
    );
}

TEST_CASE("unixgram: the queue is full, the sender waits and nothing is lost", "[parity]") {
    constexpr int count = 2000; // more than any max_dgram_qlen that is in use
    play(
        {scene::unixgram},
        "server: received in order: 2000",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            int in_order = 0;
            for (int i = 0; i != count; ++i) {
                const auto received = co_await raw::receive(*port);
                in_order += received.text == std::to_string(i) ? 1 : 0;
            }
            server.note("received in order: " + std::to_string(in_order));
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            for (int i = 0; i != count; ++i) {
                const auto failure = co_await raw::send(*port, std::to_string(i), server);
                if (failure) {
                    client.note("send: " + failure.message());
                }
            }
        }
    );
}

TEST_CASE("unixgram: larger than a socket buffer, refused", "[parity]") {
    play(
        {scene::unixgram},
        "client: send 20000000 bytes, sum 37dfbaa4: Message too long",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, parity::pattern(20'000'000), server);
            co_await client.send(*port, parity::pattern(60'000), server);
        }
    );
}

} // namespace
