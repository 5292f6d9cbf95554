// SPDX-License-Identifier: BSL-1.0
// The writes of a session, and what happens when the peer does not read.
#include <eddy/core/scope.hpp>

#include "parity/scenario.hpp"

namespace {

using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

/// Reads everything and closes.
task<> listens(actor& server) {
    auto peer = co_await server.accept();
    co_await server.read_to_end(peer);
    co_await server.close(peer);
}

/// Small buffers in the kernel, so that little fills them.
eddy::connect_options small() {
    eddy::connect_options options;
    options.socket.send_buffer = 16 * 1024;
    return options;
}

TEST_CASE("write: three parts, one message", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"one two three\", then end of stream",
        listens,
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write_parts(peer, "one ", "two ", "three");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("write: parts without a byte between others", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"onetwo\", then end of stream",
        listens,
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write_parts(peer, "", "one", "");
            co_await client.write_parts(peer, "", "", "");
            co_await client.write_parts(peer, "two", "", "");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("write: nothing, nothing arrives and nothing ends", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"something\", then end of stream",
        listens,
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "");
            client.try_write(peer, "");
            co_await client.flush(peer);
            co_await client.write(peer, "something");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("write: large parts without a copy, small ones around them", "[parity]") {
    play(parity::streams, "client: close", listens, [](actor& client) -> task<> {
        auto peer = co_await client.connect();
        co_await client.write_parts(peer, "head", parity::pattern(100'000), "tail");
        co_await client.write_parts(
            peer, parity::pattern(50'000), "between", parity::pattern(70'000)
        );
        co_await client.close(peer);
    });
}

TEST_CASE("write: four megabytes at once, all arrive", "[parity]") {
    play(parity::streams, "client: close", listens, [](actor& client) -> task<> {
        auto peer = co_await client.connect();
        co_await client.write(peer, parity::pattern(4'000'000));
        co_await client.close(peer);
    });
}

TEST_CASE("write: four megabytes through small buffers, all arrive", "[parity]") {
    play(
        parity::sockets,
        "client: close",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.receive_buffer = 8 * 1024;
            server.listen(options);
            co_await listens(server);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect(small());
            co_await client.write(peer, parity::pattern(4'000'000));
            co_await client.close(peer);
        }
    );
}

TEST_CASE("write: a thousand small messages, in order", "[parity]") {
    play(parity::streams, "client: close", listens, [](actor& client) -> task<> {
        auto peer = co_await client.connect();
        for (int i = 0; i != 1000; ++i) {
            co_await client.write(peer, std::to_string(i) + " ");
        }
        co_await client.close(peer);
    });
}

TEST_CASE("write: several tasks at once, messages stay whole", "[parity]") {
    play(parity::streams, "client: close", listens, [](actor& client) -> task<> {
        auto peer = co_await client.connect(small());
        eddy::scope writers;
        for (const char letter : {'a', 'b', 'c', 'd'}) {
            writers.spawn(client.write(peer, std::string(200'000, letter)));
        }
        co_await writers.join();
        co_await client.close(peer);
    });
}

TEST_CASE("try to write: more than the outbox may hold, refused as a whole", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"small\", then end of stream",
        listens,
        [](actor& client) -> task<> {
            eddy::connect_options options;
            options.limits = {.low = 4, .high = 8};
            auto peer = co_await client.connect(options);
            client.try_write(peer, "small");
            client.try_write(peer, "more");
            co_await client.flush(peer);
            client.try_write(peer, "nine bytes");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("backpressure: the pipe is full, reading lets the writer go on", "[parity]") {
    play(
        parity::streams,
        "server: all of it: yes",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            const auto size = co_await server.hear("full");
            const auto all = co_await peer.read_exactly(size);
            const bool same = all && raw::text_of(*all) == parity::pattern(size);
            server.note(std::string("all of it: ") + (same ? "yes" : "no"));
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect(small());
            client.give("full", co_await client.fill(peer));
            co_await client.flush(peer);
            co_await client.write(peer, "after it");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("backpressure: both directions full, both drain", "[parity]") {
    const auto talk =
        [](actor& self, eddy::session& peer, const std::string& own, const std::string& other
        ) -> task<> {
        self.give(own, co_await self.fill(peer));
        const auto size = co_await self.hear(other);
        const auto all = co_await peer.read_exactly(size);
        const bool same = all && raw::text_of(*all) == parity::pattern(size);
        self.note(std::string("all of it: ") + (same ? "yes" : "no"));
        co_await self.flush(peer);
        co_await self.close(peer);
    };
    play(
        parity::streams,
        "server: all of it: yes",
        [&talk](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await talk(server, peer, "server is full", "client is full");
        },
        [&talk](actor& client) -> task<> {
            auto peer = co_await client.connect(small());
            co_await talk(client, peer, "client is full", "server is full");
        }
    );
}

TEST_CASE("backpressure: the writer waits, the peer closes instead of reading", "[parity]") {
    play(
        parity::sockets,
        "client: flush: reset by peer",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            co_await server.hear("full");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect(small());
            co_await client.fill(peer);
            client.give("full");
            co_await client.flush(peer);
            co_await client.read_line(peer);
        }
    );
}

TEST_CASE(
    "backpressure: a large message behind a full pipe, taken when there is room", "[parity]"
) {
    play(
        parity::streams,
        "server: got it",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            const auto size = co_await server.hear("full");
            const auto all = co_await peer.read_exactly(size);
            server.note(all ? "got it" : "lost it");
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect(small());
            client.give("full", co_await client.fill(peer));
            co_await client.write(peer, parity::pattern(100'000));
            co_await client.close(peer);
        }
    );
}

} // namespace
