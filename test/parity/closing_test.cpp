// SPDX-License-Identifier: BSL-1.0
// How connections end in order.
#include "parity/scenario.hpp"

namespace {

using namespace std::chrono_literals;
using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

TEST_CASE("close: the server first, the client reads what was sent and the end", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"goodbye\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "goodbye");
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_to_end(peer);
            co_await client.close(peer);
        }
    );
}

TEST_CASE("close: the client first, the server reads what was sent and the end", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"goodbye\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_to_end(peer);
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "goodbye");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("close: both at once, neither waits for the other", "[parity]") {
    play(
        parity::streams,
        "server: close",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("ready");
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.give("ready");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("close: the peer says nothing and stays, the linger time ends it", "[parity]") {
    play(
        parity::streams,
        "server: closed",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await peer.close(20ms);
            server.note("closed");
            server.give("closed");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.hear("closed");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("close: the peer does not read, what is left is dropped after linger", "[parity]") {
    play(
        parity::streams,
        "server: closed",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.fill(peer);
            co_await peer.close(20ms);
            server.note("closed");
            server.give("closed");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect({.socket = {.receive_buffer = 16 * 1024}});
            co_await client.hear("closed");
        }
    );
}

TEST_CASE("close: bytes are still coming in, read and dropped instead of a reset", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"bye\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
            co_await server.write(peer, "bye");
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "hello\nand much more that nobody reads");
            co_await client.read_to_end(peer);
            co_await client.close(peer);
        }
    );
}

TEST_CASE("close: without waiting, what the transport takes at once still goes out", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"just in time\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.try_write(peer, "just in time"); // and the session is destroyed
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("close: twice, and everything after it says closed", "[parity]") {
    play(
        parity::streams,
        "server: read line: closed on this side",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.close(peer);
            co_await server.close(peer);
            co_await server.read_line(peer);
            co_await server.write(peer, "x");
            co_await server.flush(peer);
            server.try_write(peer, "x");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("close: nothing was ever said, both see the end", "[parity]") {
    play(
        parity::streams,
        "client: read line: end of stream",
        [](actor& server) -> task<> { auto peer = co_await server.accept(); },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("half-close: by the client, the server hears the end and answers", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"the answer\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_all(peer);
            co_await server.write(peer, "the answer");
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "the question");
            client.shutdown(peer);
            co_await client.read_to_end(peer);
            co_await client.close(peer);
        }
    );
}

TEST_CASE("half-close: by the server, the client goes on talking", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"I am not done\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "done");
            server.shutdown(peer);
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_to_end(peer);
            co_await client.write(peer, "I am ");
            co_await client.write(peer, "not done");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("half-close: by both, each reads all that the other has sent", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"pong\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "ping");
            server.shutdown(peer);
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "pong");
            client.shutdown(peer);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("half-close: with a full pipe, the end comes after the last byte", "[parity]") {
    play(
        parity::streams,
        "server: all of it: yes",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            const auto size = co_await server.hear("full");
            const auto all = co_await peer.read_all(size);
            const bool same = all && raw::text_of(*all) == parity::pattern(size);
            server.note(std::string("all of it: ") + (same ? "yes" : "no"));
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            const auto size = co_await client.fill(peer);
            client.shutdown(peer);
            client.give("full", size);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("half-close: writing after it says closed, flushing does not", "[parity]") {
    play(
        parity::streams,
        "client: write \"too late\": closed on this side",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.shutdown(peer);
            client.shutdown(peer);
            co_await client.write(peer, "too late");
            client.try_write(peer, "too late");
            co_await client.flush(peer);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("half-close: a bare stream, writing after it is a reset", "[parity]") {
    play(
        parity::sockets,
        "client: write \"too late\": reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            peer->shutdown_send();
            co_await client.write(*peer, "too late");
            co_await client.read_to_end(*peer);
        }
    );
}

TEST_CASE("end of stream: read again and again, it stays the end", "[parity]") {
    play(
        parity::sockets,
        "client: read line: end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "all\n");
            server.shutdown(peer);
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.read_to_end(*peer);
            co_await client.read_to_end(*peer);
            eddy::session same(std::move(peer));
            co_await client.read_line(same);
            co_await client.read_line(same);
            co_await client.read_all(same);
            co_await client.read_exactly(same, 1);
        }
    );
}

TEST_CASE("end of stream: the peer has closed, writing is a reset sooner or later", "[parity]") {
    play(
        parity::sockets,
        "client: write until broken: reset by peer",
        [](actor& server) -> task<> { auto peer = co_await server.accept_stream(); },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_to_end(peer);
            co_await client.write_until_broken(peer);
            co_await client.read_line(peer);
            co_await client.write(peer, "x");
        }
    );
}

} // namespace
