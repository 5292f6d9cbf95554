// SPDX-License-Identifier: BSL-1.0
// How connections break.
#include "parity/scenario.hpp"

namespace {

using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

TEST_CASE("reset: before anything was said, the peer reads it", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: read line: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("reset: a Unix socket has none, an abort is a close", "[parity]") {
    play(
        {scene::unix_path, scene::unix_abstract},
        "client: read line: end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
            co_await client.write_until_broken(peer);
        }
    );
}

TEST_CASE("reset: after bytes, they can still be read", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: read to the end: \"last words\", then reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "last words");
            co_await server.flush(peer);
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.read_to_end(*peer);
        }
    );
}

TEST_CASE("reset: what was not sent yet is dropped", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: read line: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.try_write(peer, "never sent\n"); // in the outbox
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("reset: while the peer waits to read, its read ends", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: read to the end: \"\", then reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "reset me\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("reset: while the peer waits to write, its write ends", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::unix_path, scene::mem},
        "client: flush: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("full");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.fill(peer);
            client.give("full");
            co_await client.flush(peer);
        }
    );
}

TEST_CASE("reset: told once by a bare stream, then it is at its end", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: write \"x\": reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.read_some(*peer, 1);
            co_await client.read_some(*peer, 1);
            co_await client.read_some(*peer, 1);
            co_await client.write(*peer, "x");
            co_await client.write(*peer, "x");
        }
    );
}

TEST_CASE("reset: told by a session again and again", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: write \"x\": reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
            co_await client.read_line(peer);
            co_await client.write(peer, "x");
            co_await client.flush(peer);
            client.try_write(peer, "x");
            co_await client.close(peer);
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("reset: lines that were received before are still read", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: read line: \"two\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "one\ntwo\nthr");
            co_await server.flush(peer);
            co_await server.hear("one");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.read_line(peer);
            client.give("one");
            co_await client.read_line(peer);
            co_await client.read_line(peer);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("reset: noticed by a write, the next read says so too", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: read line: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write_until_broken(peer);
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("reset: of one's own, everything after it says closed", "[parity]") {
    play(
        parity::streams,
        "server: read line: closed on this side",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("connected");
            server.abort(peer);
            server.abort(peer);
            co_await server.read_line(peer);
            co_await server.write(peer, "x");
            co_await server.close(peer);
        },
        [](actor& client) -> task<> { auto peer = co_await client.connect(); }
    );
}

TEST_CASE("reset: after a half-close, the peer has read the end and reads no more", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: read some: end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "bye");
            server.shutdown(peer);
            co_await server.hear("ended");
            server.abort(peer);
            server.give("aborted");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.read_to_end(*peer);
            client.give("ended");
            co_await client.hear("aborted");
            co_await client.write_until_broken(*peer);
            co_await client.read_some(*peer, 1);
            co_await client.write(*peer, "x");
        }
    );
}

TEST_CASE("reset: both at once, both are done", "[parity]") {
    play(
        {scene::tcp, scene::tcp6, scene::mem},
        "client: read line: closed on this side",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("ready");
            server.abort(peer);
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            client.give("ready");
            client.abort(peer);
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE("unread data: closed over it, the peer reads what was sent and a reset", "[parity]") {
    play(
        parity::sockets,
        "client: read to the end: \"goodbye\", then reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            co_await server.read_some(*peer, 5); // of eleven that have come
            co_await server.write(*peer, "goodbye");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.write(*peer, "hello world");
            co_await client.read_to_end(*peer);
            co_await client.read_some(*peer, 1);
            co_await client.write(*peer, "x");
        }
    );
}

TEST_CASE("unread data: closed over it after a half-close, the peer has read the end", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: write until broken: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            peer->shutdown_send();
            co_await server.read_some(*peer, 5);
            co_await server.hear("ended");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.write(*peer, "hello world");
            co_await client.read_to_end(*peer);
            client.give("ended");
            co_await client.write_until_broken(*peer);
            co_await client.read_some(*peer, 1);
        }
    );
}

TEST_CASE("unread data: of a Unix socket that has half-closed, a reset after the end", "[parity]") {
    play(
        {scene::unix_path, scene::unix_abstract},
        "client: read some: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            peer->shutdown_send();
            co_await server.read_some(*peer, 5);
            co_await server.hear("ended");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.write(*peer, "hello world");
            co_await client.read_some(*peer, 1);
            client.give("ended");
            co_await client.write_until_broken(*peer);
            co_await client.read_some(*peer, 1);
            co_await client.read_some(*peer, 1);
        }
    );
}

TEST_CASE("unread data: both close over it, both are done", "[parity]") {
    play(
        parity::sockets,
        "server: read some: \"from \"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            co_await server.write(*peer, "from server");
            co_await server.read_some(*peer, 5);
            server.give("server is ready");
            co_await server.hear("client is ready");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.write(*peer, "from client");
            co_await client.read_some(*peer, 5);
            client.give("client is ready");
            co_await client.hear("server is ready");
        }
    );
}

TEST_CASE("late data: for a peer that has closed, answered by a reset", "[parity]") {
    play(
        {scene::tcp, scene::tcp6},
        "client: read to the end: \"bye\", then end of stream",
        [](actor& server) -> task<> {
            {
                auto peer = co_await server.accept_stream();
                co_await server.write(*peer, "bye");
            }
            server.give("closed");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect_stream();
            co_await client.hear("closed");
            co_await client.read_to_end(*peer);
            co_await client.write(*peer, "taken by the kernel");
            co_await client.write_until_broken(*peer);
            co_await client.read_to_end(*peer);
        }
    );
}

} // namespace
