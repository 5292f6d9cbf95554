// SPDX-License-Identifier: BSL-1.0
// Datagrams over IP.
#include <eddy/net/datagrams.hpp>

#include "parity/scenario.hpp"

namespace {

using namespace std::chrono_literals;
using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

std::string yes_if(bool is_so) {
    return is_so ? "yes" : "no";
}

TEST_CASE("datagram: there and back, each knows where the other is", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "client: receive: \"pong\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            const auto received = co_await server.receive(*port);
            server.note("from the client: " + yes_if(received.peer == server.shared().client));
            co_await server.reply(*port, "pong", received);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "ping", server);
            const auto received = co_await client.receive(*port);
            client.note("from the server: " + yes_if(received.peer == server));
        }
    );
}

TEST_CASE("datagram: the address that it came to, with the port", "[parity]") {
    play(
        parity::udp,
        "server: came to where it was sent: yes",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            const auto received = co_await server.receive(*port);
            const auto own = port->local().numeric().value();
            server.note("came to where it was sent: " + yes_if(received.local == own));
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            co_await client.send(*port, "ping", co_await client.server_address());
        }
    );
}

TEST_CASE("datagram: without a byte, received as such", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: receive: \"\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.receive(*port);
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "", server);
            co_await client.send(*port, "not empty", server);
        }
    );
}

TEST_CASE("datagram: the largest over IPv4 arrives, one byte more is refused", "[parity]") {
    play(
        {scene::udp},
        "server: receive: \"small\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.receive(*port);
            server.give("there is room");
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, parity::pattern(65'508), server);
            co_await client.send(*port, parity::pattern(65'507), server);
            co_await client.hear("there is room");
            co_await client.send(*port, "small", server);
        }
    );
}

TEST_CASE("datagram: the largest over IPv6 arrives, one byte more is refused", "[parity]") {
    play(
        {scene::udp6},
        "server: receive: \"small\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.receive(*port);
            server.give("there is room");
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, parity::pattern(65'528), server);
            co_await client.send(*port, parity::pattern(65'527), server);
            co_await client.hear("there is room");
            co_await client.send(*port, "small", server);
        }
    );
}

TEST_CASE("datagram: longer than the receiver takes, cut and marked", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: receive the beginning of: \"0123\"",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.max_datagram = 4;
            const auto port = server.bind_server(options);
            co_await server.receive(*port);
            co_await server.receive(*port);
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "0123456789", server);
            co_await client.send(*port, "fits", server);
            co_await client.send(*port, "five!", server);
        }
    );
}

TEST_CASE("datagram: fifty of them, in order on loopback", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: receive: \"49\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            for (int i = 0; i != 50; ++i) {
                co_await server.receive(*port);
            }
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            for (int i = 0; i != 50; ++i) {
                co_await client.send(*port, std::to_string(i), server);
            }
        }
    );
}

TEST_CASE("datagram: to a port where nobody is, no error and no noise", "[parity]") {
    play(
        parity::udp,
        "client: receive: \"hello\"",
        [](actor& server) -> task<> {
            {
                const auto port = server.bind_server();
            }
            server.give("closed");
            co_await server.hear("lost");
            const auto client = server.shared().client;
            const auto port = server.bind_server();
            co_await server.send(*port, "hello", client);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.hear("closed");
            co_await client.send(*port, "anybody?", server);
            co_await client.send(*port, "anybody at all?", server);
            client.give("lost");
            co_await client.receive(*port);
        }
    );
}

TEST_CASE("datagram: to port 0, refused", "[parity]") {
    play(
        parity::udp,
        "client: send \"nowhere\": Invalid argument",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "nowhere", server.with_port(0));
            co_await client.send(*port, "somewhere", server);
        }
    );
}

TEST_CASE("datagram: to an address of the other family, refused", "[parity]") {
    play(
        {scene::udp},
        "client: send \"lost\": Address family not supported by protocol",
        [](actor&) -> task<> { co_return; },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            co_await client.send(*port, "lost", *eddy::address::parse("[::1]:9"));
        }
    );
    play(
        {scene::udp},
        "client: send \"lost\": Network is unreachable",
        [](actor&) -> task<> { co_return; },
        [](actor& client) -> task<> {
            eddy::socket_options options;
            options.dual_stack = false;
            const auto port = raw::bind("udp://[::]:0", options);
            co_await client.send(*port, "lost", *eddy::address::parse("127.0.0.1:9"));
        }
    );
}

TEST_CASE("datagram: a client of a dual-stack socket, mapped into IPv6", "[parity]") {
    play(
        {scene::dual_udp},
        "client: receive: \"pong\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            const auto received = co_await server.receive(*port);
            const auto prefix = std::string("[::ffff:");
            server.note("peer mapped: " + yes_if(received.peer.to_string().starts_with(prefix)));
            server.note("local mapped: " + yes_if(received.local.to_string().starts_with(prefix)));
            co_await server.reply(*port, "pong", received);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "ping", server);
            const auto received = co_await client.receive(*port);
            client.note("from where it was sent to: " + yes_if(received.peer == server));
        }
    );
}

TEST_CASE("datagram: a receive that is stopped, the next one gets what comes", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: receive: cancelled",
        [](actor& server) -> task<> {
            auto receive_once = [](actor& self, eddy::datagram_port& from) -> task<> {
                co_await self.receive(from);
            };
            const auto port = server.bind_server();
            co_await server.stop(receive_once(server, *port));
            co_await server.stop(receive_once(server, *port));
            server.give("stopped");
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.hear("stopped");
            co_await client.send(*port, "hello", server);
        }
    );
}

TEST_CASE("datagram: the sender has closed, what it sent is received", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: receive: \"posthumous\"",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.hear("closed");
            co_await server.receive(*port);
        },
        [](actor& client) -> task<> {
            {
                const auto port = client.bind_client();
                co_await client.send(*port, "posthumous", co_await client.server_address());
            }
            client.give("closed");
        }
    );
}

TEST_CASE("datagram: the queue is full, later ones are lost and counted", "[parity]") {
    play(
        parity::udp,
        "server: some are lost: yes",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.receive_buffer = 16 * 1024;
            const auto port = server.bind_server(options);
            co_await server.hear("sent");
            auto last = co_await server.receive(*port);
            int count = 1;
            server.give("more");
            while (last.text != "the last") {
                last = co_await raw::receive(*port);
                ++count;
            }
            server.note("some are lost: " + yes_if(count < 102));
            server.note("it is known: " + yes_if(port->overflows() > 0));
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            for (int i = 0; i != 100; ++i) {
                (void)co_await raw::send(*port, parity::pattern(1000), server);
            }
            client.give("sent");
            co_await client.hear("more");
            for (int i = 0; i != 2; ++i) {
                (void)co_await raw::send(*port, "the last", server);
            }
        }
    );
}

TEST_CASE("datagram: the place is taken, refused", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::dual_udp, scene::unixgram},
        "server: bind: Address already in use",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            server.try_to_bind(port->local());
            co_return;
        },
        [](actor&) -> task<> { co_return; }
    );
}

TEST_CASE("datagram: closed, its place is free again", "[parity]") {
    play(
        {scene::udp, scene::udp6, scene::unixgram},
        "server: bind: done",
        [](actor& server) -> task<> {
            auto port = server.bind_server();
            const auto place = port->local();
            port.reset();
            server.try_to_bind(place);
            co_return;
        },
        [](actor&) -> task<> { co_return; }
    );
}

TEST_CASE("datagram: an address of somebody else, refused", "[parity]") {
    play(
        {scene::udp},
        "server: bind: Cannot assign requested address",
        [](actor& server) -> task<> {
            server.try_to_bind("udp://192.0.2.1:0"); // RFC 5737: nobody's
            server.try_to_bind("udp://[2001:db8::1]:0");
            co_return;
        },
        [](actor&) -> task<> { co_return; }
    );
}

TEST_CASE("datagrams: what is longer than allowed is counted and not given", "[parity]") {
    play(
        parity::udp,
        "server: truncated: 2",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.max_datagram = 4;
            eddy::datagrams port(server.bind_server(options));
            const auto received = co_await port.receive();
            server.note("received: " + raw::text_of(received->front().data));
            server.note("truncated: " + std::to_string(port.stats().truncated));
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.send(*port, "too long", server);
            co_await client.send(*port, "and again", server);
            co_await client.send(*port, "fits", server);
        }
    );
}

TEST_CASE("datagrams: a deadline passes, the next receive gets what comes", "[parity]") {
    play(
        parity::udp,
        "server: received: hello",
        [](actor& server) -> task<> {
            eddy::datagrams port(server.bind_server());
            const auto nothing = co_await port.receive(eddy::within(10ms));
            server.note(nothing.error().message());
            server.give("now");
            const auto received = co_await port.receive();
            server.note("received: " + raw::text_of(received->front().data));
        },
        [](actor& client) -> task<> {
            const auto port = client.bind_client();
            const auto server = co_await client.server_address();
            co_await client.hear("now");
            co_await client.send(*port, "hello", server);
        }
    );
}

} // namespace
