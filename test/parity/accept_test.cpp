// SPDX-License-Identifier: BSL-1.0
// How connections begin.
#include "parity/scenario.hpp"

namespace {

using namespace std::chrono_literals;
using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

/// Says so, but for the port and the host.
std::string kind_of(const eddy::address& at) {
    if (at.kind() == eddy::address::family::ipv6) {
        const auto& bytes = at.v6();
        return bytes[10] == 0xFF && bytes[11] == 0xFF ? "IPv4 in IPv6" : "IPv6";
    }
    return at.kind() == eddy::address::family::ipv4 ? "IPv4" : "other";
}

TEST_CASE("accept: nobody is there yet, waits for the client", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"hello\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "hello\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("accept: several clients wait, taken in the order in which they came", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"third\"",
        [](actor& server) -> task<> {
            server.listen();
            co_await server.hear("all connected");
            for (int i = 0; i != 3; ++i) {
                auto peer = co_await server.accept();
                co_await server.read_line(peer);
            }
        },
        [](actor& client) -> task<> {
            auto first = co_await client.connect();
            auto second = co_await client.connect();
            auto third = co_await client.connect();
            co_await client.write(third, "third\n");
            co_await client.write(second, "second\n");
            co_await client.write(first, "first\n");
            client.give("all connected");
            co_await client.read_to_end(first);
            co_await client.read_to_end(second);
            co_await client.read_to_end(third);
        }
    );
}

TEST_CASE("accept: the client has closed already, its bytes and the end are there", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"gone\", then end of stream",
        [](actor& server) -> task<> {
            server.listen();
            co_await server.hear("closed");
            auto peer = co_await server.accept();
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            {
                auto peer = co_await client.connect();
                client.try_write(peer, "gone");
            }
            client.give("closed");
        }
    );
}

TEST_CASE("accept: the client has reset already, its session says so", "[parity]") {
    play(
        parity::sockets,
        "server: accept: done",
        [](actor& server) -> task<> {
            server.listen();
            co_await server.hear("reset");
            auto peer = co_await server.accept_stream();
            co_await server.read_to_end(*peer);
            co_await server.write_until_broken(*peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.abort(peer);
            client.give("reset");
        }
    );
}

TEST_CASE("accept: stopped, the next one gets the client", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"hello\"",
        [](actor& server) -> task<> {
            server.listen();
            co_await server.stop(server.accept_nobody());
            server.give("stopped");
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            co_await client.hear("stopped");
            auto peer = co_await client.connect();
            co_await client.write(peer, "hello\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("listener: closed with clients in its backlog, they are reset", "[parity]") {
    play(
        parity::sockets,
        "client: read to the end: \"\", then reset by peer",
        [](actor& server) -> task<> {
            server.listen();
            co_await server.hear("both connected");
            server.close_listener();
        },
        [](actor& client) -> task<> {
            auto first = co_await client.connect();
            auto second = co_await client.connect();
            client.give("both connected");
            co_await client.read_to_end(first);
            co_await client.read_to_end(second);
        }
    );
}

TEST_CASE("listener: closed, accepted sessions go on", "[parity]") {
    play(
        parity::streams,
        "client: read line: \"still here\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.close_listener();
            co_await server.read_line(peer);
            co_await server.write(peer, "still here\n");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "hello?\n");
            co_await client.read_line(peer);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("listener: the place is taken, refused", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::dual, scene::unix_path, scene::unix_abstract, scene::mem},
        "server: listen: Address already in use",
        [](actor& server) -> task<> {
            server.listen();
            server.try_to_listen(server.listening_at());
            co_return;
        },
        [](actor& client) -> task<> { co_await client.hear("listening"); }
    );
}

TEST_CASE("listener: closed, its place is free again", "[parity]") {
    play(
        parity::streams,
        "server: listen: done",
        [](actor& server) -> task<> {
            server.listen();
            const auto place = server.listening_at();
            server.close_listener();
            server.try_to_listen(place);
            co_return;
        },
        [](actor& client) -> task<> { co_await client.hear("listening"); }
    );
}

TEST_CASE("listener: several share a port, when all of them ask for it", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "server: listen: done",
        [](actor& server) -> task<> {
            eddy::socket_options shared;
            shared.reuse_port = true;
            server.listen(shared);
            server.try_to_listen(server.listening_at(), shared);
            server.try_to_listen(server.listening_at());
            co_return;
        },
        [](actor& client) -> task<> { co_await client.hear("listening"); }
    );
}

TEST_CASE("listener: alone on its port, until it shares it", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "server: share: done",
        [](actor& server) -> task<> {
            eddy::socket_options joining;
            joining.reuse_port = true;
            server.listen();
            server.try_to_listen(server.listening_at(), joining);
            server.share_port();
            server.try_to_listen(server.listening_at());
            server.try_to_listen(server.listening_at(), joining);
            co_return;
        },
        [](actor& client) -> task<> { co_await client.hear("listening"); }
    );
}

TEST_CASE("listener: an address of somebody else, refused", "[parity]") {
    play(
        {scene::tcp},
        "server: listen: Cannot assign requested address",
        [](actor& server) -> task<> {
            server.try_to_listen("tcp://192.0.2.1:0"); // RFC 5737: nobody's
            server.try_to_listen("tcp://[2001:db8::1]:0");
            co_return;
        },
        [](actor&) -> task<> { co_return; }
    );
}

TEST_CASE("listener: an endpoint of datagrams, not supported", "[parity]") {
    play(
        {scene::tcp},
        "server: listen: not supported here",
        [](actor& server) -> task<> {
            server.try_to_listen("udp://127.0.0.1:0");
            server.try_to_listen("unixgram:/run/nobody");
            server.try_to_bind("tcp://127.0.0.1:0");
            server.try_to_bind("unix:/run/nobody");
            co_return;
        },
        [](actor&) -> task<> { co_return; }
    );
}

TEST_CASE("listener: backlog full, a further client is not let in", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::unix_path, scene::unix_abstract},
        "client: connect: done",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.backlog = 1;
            server.listen(options);
            co_await server.hear("enough");
        },
        [](actor& client) -> task<> {
            // Linux holds one more than the backlog says.
            auto first = co_await client.connect();
            auto second = co_await client.connect();
            co_await client.try_to_connect({.timeout = 100ms});
            client.give("enough");
        }
    );
}

TEST_CASE("connect: nobody has ever listened there, refused", "[parity]") {
    play(
        {scene::unix_abstract, scene::mem},
        "client: connect: Connection refused",
        [](actor&) -> task<> { co_return; },
        [](actor& client) -> task<> {
            co_await client.try_to_connect(client.shared().where->server_place());
        }
    );
}

TEST_CASE("connect: the listener has closed, refused", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::unix_abstract},
        "client: connect: Connection refused",
        [](actor& server) -> task<> {
            server.listen();
            server.close_listener();
            server.give("closed");
            co_return;
        },
        [](actor& client) -> task<> {
            co_await client.hear("closed");
            co_await client.try_to_connect();
        }
    );
}

TEST_CASE("connect: the listener has closed and removed its path, no such file", "[parity]") {
    play(
        {scene::unix_path},
        "client: connect: No such file or directory",
        [](actor& server) -> task<> {
            server.listen();
            server.close_listener();
            server.give("closed");
            co_return;
        },
        [](actor& client) -> task<> {
            co_await client.hear("closed");
            co_await client.try_to_connect();
        }
    );
}

TEST_CASE("connect: stopped while the backlog is full, a later one gets in", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: connect: cancelled",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.backlog = 1;
            server.listen(options);
            co_await server.hear("stopped");
            auto first = co_await server.accept();
            auto second = co_await server.accept();
            server.give("room");
            auto third = co_await server.accept();
            co_await server.read_line(third);
        },
        [](actor& client) -> task<> {
            auto first = co_await client.connect();
            auto second = co_await client.connect();
            co_await client.stop(client.try_to_connect());
            client.give("stopped");
            co_await client.hear("room");
            auto third = co_await client.connect();
            co_await client.write(third, "third\n");
            co_await client.read_to_end(third);
        }
    );
}

TEST_CASE("connect: an endpoint of datagrams, not supported", "[parity]") {
    play(
        {scene::udp, scene::unixgram},
        "client: connect: not supported here",
        [](actor& server) -> task<> {
            const auto port = server.bind_server();
            co_await server.hear("refused");
        },
        [](actor& client) -> task<> {
            co_await client.try_to_connect();
            client.give("refused");
        }
    );
}

TEST_CASE("addresses: each side's own is the other's peer", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::unix_path, scene::mem},
        "server: it is the client: yes",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            const bool same = peer.peer() == server.shared().client;
            server.note(std::string("it is the client: ") + (same ? "yes" : "no"));
            server.note("the client is " + kind_of(peer.peer()));
            server.note("I am " + kind_of(peer.local()));
            server.give("looked");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.note("the server is " + kind_of(peer.peer()));
            client.note("I am " + kind_of(peer.local()));
            co_await client.hear("looked");
        }
    );
}

TEST_CASE("addresses: an IPv4 client of a dual-stack listener, mapped into IPv6", "[parity]") {
    play(
        {scene::dual},
        "server: the client is IPv4 in IPv6",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.note("the client is " + kind_of(peer.peer()));
            server.note("I am " + kind_of(peer.local()));
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.note("the server is " + kind_of(peer.peer()));
            client.note("I am " + kind_of(peer.local()));
            co_await client.write(peer, "hello\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("addresses: a server's IPv4 address mapped into IPv6, reaches it", "[parity]") {
    play(
        {scene::tcp},
        "server: the client is IPv4",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.note("the client is " + kind_of(peer.peer()));
            server.note("I am " + kind_of(peer.local()));
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            const auto at = co_await client.server_address();
            const auto mapped = "tcp://[::ffff:" + at.host_string() + "]:";
            auto peer = co_await eddy::connect(mapped + std::to_string(at.port()));
            client.note("the server is " + kind_of(peer.value().peer()));
            client.note("I am " + kind_of(peer->local()));
            co_await client.write(*peer, "hello\n");
            co_await client.read_to_end(*peer);
        }
    );
}

TEST_CASE("addresses: an IPv6 listener that is not dual-stack, IPv4 is refused", "[parity]") {
    play(
        {scene::dual},
        "client: connect: Connection refused",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.dual_stack = false;
            server.listen(options);
            co_await server.hear("refused");
        },
        [](actor& client) -> task<> {
            co_await client.try_to_connect();
            client.give("refused");
        }
    );
}

} // namespace
