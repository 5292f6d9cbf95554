// SPDX-License-Identifier: BSL-1.0
// The reads of a session and their edges.
#include "parity/scenario.hpp"

namespace {

using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

/// Sends `text` and the end, and waits until the other side has closed.
parity::script says(std::string text) {
    return [text = std::move(text)](actor& client) -> task<> {
        auto peer = co_await client.connect();
        co_await client.write(peer, text);
        client.shutdown(peer);
        co_await client.read_to_end(peer);
    };
}

TEST_CASE("read line: newlines of both kinds, empty lines", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"third\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            for (int i = 0; i != 5; ++i) {
                co_await server.read_line(peer);
            }
            co_await server.close(peer);
        },
        says("first\r\n\n\r\nthird\n")
    );
}

TEST_CASE("read line: the stream ends in the middle, what came can be read", "[parity]") {
    play(
        parity::streams,
        "server: read line: ended in the middle of a message",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
            co_await server.read_line(peer);
            co_await server.read_line(peer);
            co_await server.read_to_end(peer);
            co_await server.read_line(peer);
        },
        says("whole\nhalf")
    );
}

TEST_CASE("read line: too long, what came can be read", "[parity]") {
    play(
        parity::streams,
        "server: read line: message longer than allowed",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer, eddy::deadline::never(), 4);
            co_await server.read_line(peer, eddy::deadline::never(), 4);
            co_await server.read_line(peer, eddy::deadline::never(), 5);
            co_await server.read_to_end(peer);
        },
        says("four\nfive!\nthe rest")
    );
}

TEST_CASE("read line: longer than a block of the inbox", "[parity]") {
    const auto line = std::string(100'000, 'x');
    play(
        parity::streams,
        "server: read line: \"after it\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer, eddy::deadline::never(), 100'000);
            co_await server.read_line(peer);
            co_await server.close(peer);
        },
        says(line + "\nafter it\n")
    );
}

TEST_CASE("read until: a delimiter of several bytes that comes in pieces", "[parity]") {
    play(
        parity::streams,
        "server: read until \"--end--\": \"one-- --\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.give("accepted");
            co_await server.read_until(peer, "--end--");
            co_await server.read_until(peer, "--end--");
            co_await server.read_until(peer, "--end--");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.hear("accepted");
            for (const auto* part : {"one-- ----", "en", "d--", "--end--tw", "o"}) {
                co_await client.write(peer, part);
                co_await client.flush(peer);
            }
            client.shutdown(peer);
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("read until: more than the maximum before the delimiter", "[parity]") {
    play(
        parity::streams,
        "server: read until \";\": message longer than allowed",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_until(peer, ";", 3);
            co_await server.read_until(peer, ";", 3);
            co_await server.read_exactly(peer, 5);
            co_await server.read_until(peer, ";", 0);
            co_await server.read_until(peer, ";", 0);
        },
        says("abc;abcd;;x")
    );
}

TEST_CASE("read exactly: pieces are gathered, the rest stays", "[parity]") {
    play(
        parity::streams,
        "server: read exactly: \"onetwothr\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_exactly(peer, 9);
            co_await server.read_exactly(peer, 0);
            co_await server.read_exactly(peer, 2);
            co_await server.close(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            for (const auto* part : {"one", "two", "three"}) {
                co_await client.write(peer, part);
                co_await client.flush(peer);
            }
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("read exactly: the stream ends before, what came can be read", "[parity]") {
    play(
        parity::streams,
        "server: read exactly: ended in the middle of a message",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_exactly(peer, 10);
            co_await server.read_exactly(peer, 4);
            co_await server.read_exactly(peer, 1);
        },
        says("four")
    );
}

TEST_CASE("read exactly: a megabyte", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_exactly(peer, 1'000'000);
            co_await server.close(peer);
        },
        says(parity::pattern(1'000'000))
    );
}

TEST_CASE("read all: nothing, something, exactly the maximum, more than it", "[parity]") {
    play(
        parity::streams,
        "server: read all: \"\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_all(peer);
        },
        says("")
    );
    play(
        parity::streams,
        "server: read all: \"four\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_all(peer, 4);
            co_await server.read_all(peer, 4);
        },
        says("four")
    );
    play(
        parity::streams,
        "server: read all: message longer than allowed",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_all(peer, 3);
            co_await server.read_line(peer);
            co_await server.read_all(peer, 0);
        },
        says("four\n")
    );
}

TEST_CASE("read some: never more than fits, and nothing into nothing", "[parity]") {
    play(
        parity::streams,
        "server: read some: \"defg\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_exactly(peer, 3); // all seven have come with these
            co_await server.read_some(peer, 0);
            co_await server.read_some(peer, 4);
            co_await server.read_some(peer, 4);
        },
        says("abcdefg")
    );
}

TEST_CASE("read some: of a bare stream, the rest stays in the kernel", "[parity]") {
    play(
        parity::sockets,
        "server: read some: \"cd\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            co_await server.read_some(*peer, 2);
            co_await server.read_some(*peer, 2);
            co_await server.read_to_end(*peer);
        },
        says("abcdefg")
    );
}

TEST_CASE("reads of every kind after one another, no byte is lost between them", "[parity]") {
    play(
        parity::streams,
        "server: read all: \"the rest\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
            co_await server.read_exactly(peer, 4);
            co_await server.read_until(peer, "::");
            co_await server.read_some(peer, 2);
            co_await server.read_all(peer);
        },
        says("line\nfouruntil::abthe rest")
    );
}

} // namespace
