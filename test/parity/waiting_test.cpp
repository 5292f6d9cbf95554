// SPDX-License-Identifier: BSL-1.0
// Waits that end early, by a deadline or by a stop, and what can be done afterwards.
#include <eddy/core/scope.hpp>

#include "parity/scenario.hpp"

namespace {

using namespace std::chrono_literals;
using eddy::task;
using parity::actor;
using parity::play;
using parity::scene;

/// Long enough to begin a wait, short enough not to be noticed.
constexpr auto soon = 10ms;

/// Sends `text` as soon as the server asks for it, and waits until it has closed.
parity::script answers(std::string text) {
    return [text = std::move(text)](actor& client) -> task<> {
        auto peer = co_await client.connect();
        co_await client.hear("now");
        co_await client.write(peer, text);
        co_await client.read_to_end(peer);
    };
}

/// Reads what the writer has managed to write, and then the rest.
task<> drains(actor& server) {
    auto peer = co_await server.accept();
    const auto size = co_await server.hear("full");
    const auto all = co_await peer.read_exactly(size);
    const bool same = all && raw::text_of(*all) == parity::pattern(size);
    server.note(std::string("all of it: ") + (same ? "yes" : "no"));
    co_await server.read_to_end(peer);
}

TEST_CASE("deadline: of a read, it passes and the session stays usable", "[parity]") {
    play(
        parity::streams,
        "server: read line: timed out",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer, eddy::within(soon));
            co_await server.read_exactly(peer, 1, eddy::within(soon));
            server.give("now");
            co_await server.read_line(peer);
        },
        answers("late\n")
    );
}

TEST_CASE("deadline: in the middle of a line, nothing of it is lost", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"halfwhole\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.hear("half");
            co_await server.read_line(peer, eddy::within(soon));
            server.give("the rest");
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "half");
            co_await client.flush(peer);
            client.give("half");
            co_await client.hear("the rest");
            co_await client.write(peer, "whole\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("deadline: long past, what has been received already is still given", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"two\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.give("now");
            co_await server.read_line(peer);
            co_await server.read_line(peer, eddy::within(-1s));
            co_await server.read_line(peer, eddy::within(-1s));
        },
        answers("one\ntwo\n")
    );
}

TEST_CASE("deadline: of a flush, it passes and the bytes still go out", "[parity]") {
    play(parity::streams, "server: all of it: yes", drains, [](actor& client) -> task<> {
        auto peer = co_await client.connect();
        const auto size = co_await client.fill(peer);
        co_await client.flush(peer, eddy::within(soon));
        client.give("full", size);
        co_await client.flush(peer);
        co_await client.close(peer);
    });
}

TEST_CASE("deadline: the end of stream comes before it", "[parity]") {
    play(
        parity::streams,
        "server: read line: end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer, eddy::within(1min));
            co_await server.read_line(peer, eddy::within(soon));
        },
        [](actor& client) -> task<> { auto peer = co_await client.connect(); }
    );
}

TEST_CASE("stop: a read, the next one gets everything", "[parity]") {
    play(
        parity::streams,
        "server: read line: cancelled",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.stop(server.read_line(peer));
            co_await server.stop(server.read_exactly(peer, 3));
            co_await server.stop(server.read_all(peer));
            server.give("now");
            co_await server.read_line(peer);
        },
        answers("everything\n")
    );
}

TEST_CASE("stop: a read in the middle of a line, nothing of it is lost", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"first and second\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.give("now");
            co_await server.read_line(peer); // "first and " has come with it
            co_await server.stop(server.read_line(peer));
            co_await server.stop(server.read_exactly(peer, 100));
            server.give("more");
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.hear("now");
            co_await client.write(peer, "line\nfirst and ");
            co_await client.hear("more");
            co_await client.write(peer, "second\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("stop: a read of a bare stream, the next one gets the bytes", "[parity]") {
    play(
        parity::sockets,
        "server: read some: cancelled",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept_stream();
            co_await server.stop(server.read_some(*peer, 10));
            co_await server.stop(server.read_some(*peer, 10));
            server.give("now");
            co_await server.read_some(*peer, 10);
        },
        answers("ten bytes!")
    );
}

TEST_CASE("stop: a flush, the bytes still go out", "[parity]") {
    play(parity::streams, "client: flush: cancelled", drains, [](actor& client) -> task<> {
        auto peer = co_await client.connect();
        const auto size = co_await client.fill(peer);
        co_await client.stop(client.flush(peer));
        client.give("full", size);
        co_await client.flush(peer);
        co_await client.close(peer);
    });
}

TEST_CASE("stop: a large write that has not begun, none of it goes out", "[parity]") {
    play(
        parity::streams,
        "server: read to the end: \"after it\", then end of stream",
        drains,
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            const auto size = co_await client.fill(peer);
            co_await client.stop(client.write(peer, parity::pattern(100'000)));
            client.give("full", size);
            co_await client.write(peer, "after it");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("stop: a large write that has begun, all of it goes out", "[parity]") {
    constexpr std::size_t size = 2'000'000; // more than small buffers take
    play(
        parity::streams,
        "server: all of it: yes",
        [](actor& server) -> task<> {
            eddy::socket_options options;
            options.receive_buffer = 16 * 1024;
            server.listen(options);
            auto peer = co_await server.accept();
            co_await server.hear("stopped");
            const auto all = co_await peer.read_exactly(size);
            const bool same = all && raw::text_of(*all) == parity::pattern(size);
            server.note(std::string("all of it: ") + (same ? "yes" : "no"));
            co_await server.read_to_end(peer);
        },
        [](actor& client) -> task<> {
            eddy::connect_options options;
            options.socket.send_buffer = 16 * 1024;
            auto peer = co_await client.connect(options);
            co_await client.stop(client.write(peer, parity::pattern(size)));
            client.give("stopped");
            co_await client.write(peer, "after it");
            co_await client.close(peer);
        }
    );
}

TEST_CASE("stop: a close that lingers, closed at once", "[parity]") {
    play(
        parity::streams,
        "client: read to the end: \"bye\", then end of stream",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.write(peer, "bye");
            co_await server.stop(server.close(peer));
            co_await server.read_line(peer);
            server.give("closed");
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.hear("closed");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("stop: a task that is stopped already, no operation begins", "[parity]") {
    play(
        parity::streams,
        "server: read line: cancelled",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            eddy::scope stopped;
            stopped.request_stop();
            stopped.spawn(server.read_line(peer));
            co_await stopped.join();
            server.give("now");
            co_await server.read_line(peer);
        },
        answers("hello\n")
    );
}

TEST_CASE("drain: a waiting read ends, what has arrived is still given", "[parity]") {
    play(
        parity::streams,
        "server: read line: the server is draining",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            server.give("now");
            co_await server.read_line(peer);
            peer.request_drain();
            co_await server.read_line(peer);
            co_await server.read_line(peer);
            co_await server.close(peer);
        },
        answers("one\ntwo\n")
    );
}

TEST_CASE("destroyed: a wait that nobody has stopped, the session stays usable", "[parity]") {
    play(
        parity::streams,
        "server: read line: \"hello\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            {
                eddy::scope forgotten;
                forgotten.spawn(server.read_line(peer));
            }
            server.give("now");
            co_await server.read_line(peer);
        },
        answers("hello\n")
    );
}

} // namespace
