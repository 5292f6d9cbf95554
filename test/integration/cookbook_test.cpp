// SPDX-License-Identifier: BSL-1.0
// The answers of docs/guide/cookbook.md, each held to what it says.
#include <eddy/core/backoff.hpp>
#include <eddy/core/channel.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/when_any.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// A server on a free port, and what a client sees who sends something and ends.
class served {
public:
    explicit served(const eddy::handler& what, eddy::listen_options options = {})
        : server_(with_two_loops()) {
        server_.serve("tcp://127.0.0.1:0", what, std::move(options));
        server_.start();
    }
    ~served() { server_.stop(); }

    [[nodiscard]] eddy::endpoint where() const { return server_.endpoints().front(); }

    std::string say(std::string text) const {
        const auto main = [](eddy::endpoint at, std::string sent) -> eddy::task<std::string> {
            auto peer = co_await eddy::connect(at);
            co_await peer->write(sent);
            peer->shutdown_send();
            const auto heard = co_await peer->read_all(1024 * 1024, eddy::within(20s));
            co_return heard ? std::string(eddy::byte_view(*heard).text()) : heard.error().message();
        };
        eddy::loop loop;
        return loop.run(main(where(), std::move(text)));
    }

private:
    static eddy::server_config with_two_loops() { return {.workers = 2}; }

    eddy::server server_;
};

/// [timeout-read]
eddy::task<> greet(eddy::session& peer) {
    const auto name = co_await peer.read_line(100, eddy::within(50ms));
    if (name.error() == eddy::errc::timed_out) {
        co_await peer.write("too slow\n"); // nothing is lost: the session can still be used
    } else if (name) {
        co_await peer.write("hello ", *name, "\n");
    }
}
/// [timeout-read]

TEST_CASE("cookbook: a timeout of one operation", "[integration][cookbook]") {
    const served by(greet);
    CHECK(by.say("you\n") == "hello you\n");
    const auto silent = [](eddy::endpoint at) -> eddy::task<std::string> {
        auto peer = co_await eddy::connect(at);
        const auto line = co_await peer->read_line(100, eddy::within(20s));
        co_return std::string(*line);
    };
    eddy::loop loop;
    CHECK(loop.run(silent(by.where())) == "too slow");
}

/// [timeout-task]
eddy::task<> pause(eddy::duration length) {
    co_await eddy::sleep(length);
}

eddy::task<std::string> within_limit(eddy::task<std::string> work, eddy::duration limit) {
    auto first = co_await eddy::when_any(std::move(work), pause(limit));
    if (auto* done = std::get_if<0>(&first)) {
        co_return std::move(*done);
    }
    co_return "took too long"; // and has ended: when_any stops the loser and waits for it
}
/// [timeout-task]

eddy::task<std::string> take(eddy::duration length) {
    co_await eddy::sleep(length);
    co_return "done";
}

TEST_CASE("cookbook: a timeout of a whole task", "[integration][cookbook]") {
    eddy::loop loop;
    CHECK(loop.run(within_limit(take(0s), 1h)) == "done");
    CHECK(loop.run(within_limit(take(1h), 1ms)) == "took too long");
}

/// [writers]
eddy::task<> repeat(eddy::session& peer, std::string word) {
    for (int i = 0; i != 3; ++i) {
        co_await peer.write(word, " ", word + "\n"); // whole, whoever else writes
        co_await eddy::yield();
    }
}

eddy::task<> two_voices(eddy::session& peer) {
    eddy::scope voices;
    voices.spawn(repeat(peer, "ping"));
    voices.spawn(repeat(peer, "pong"));
    co_await voices.join();
}
/// [writers]

TEST_CASE("cookbook: several tasks write to one session", "[integration][cookbook]") {
    const served by(two_voices);
    std::istringstream heard(by.say(""));
    std::map<std::string, int> lines;
    for (std::string line; std::getline(heard, line);) {
        ++lines[line];
    }
    CHECK(lines == std::map<std::string, int>{{"ping ping", 3}, {"pong pong", 3}});
}

/// [slow-reader]
eddy::task<> count_up(eddy::session& peer) {
    for (std::uint64_t number = 1;; ++number) {
        const auto sent = co_await peer.write(std::to_string(number), "\n");
        if (!sent) {
            co_return; // the peer is gone, or was ended: see session::ended_by()
        }
    }
}

eddy::listen_options for_slow_readers() {
    eddy::listen_options options;
    options.limits.high = 128 * 1024;             // a write waits above this
    options.limits.deadlines.write_stall = 100ms; // and the peer has so long to take anything
    return options;
}
/// [slow-reader]

TEST_CASE("cookbook: who does not read, is ended", "[integration][cookbook]") {
    eddy::channel<eddy::close_reason> ended(1);
    const auto count = [ended](eddy::session& peer) mutable -> eddy::task<> {
        co_await count_up(peer);
        co_await ended.send(peer.ended_by());
    };
    const served by(count, for_slow_readers());
    const auto lazy = [](eddy::endpoint at, eddy::channel<eddy::close_reason> end) -> eddy::task<> {
        const auto peer = co_await eddy::connect(at); // and never reads
        const auto why = co_await end.receive();
        CHECK(peer.has_value());
        CHECK(*why == eddy::close_reason::slow_reader);
    };
    eddy::loop loop;
    loop.run(lazy(by.where(), ended));
}

/// [reconnect]
eddy::task<> follow(eddy::endpoint where, eddy::channel<std::string> lines) {
    eddy::backoff wait_for({.first = 10ms, .max = 5s});
    for (;;) {
        auto peer = co_await eddy::connect(where, {.timeout = 2s});
        bool goes_on = peer.has_value();
        while (goes_on) {
            const auto line = co_await peer->read_line(1024, eddy::within(30s));
            goes_on = line.has_value();
            if (goes_on) {
                wait_for.reset(); // it works: the next failure is a new one
                co_await lines.send(std::string(*line));
            }
        }
        co_await eddy::sleep(wait_for.next()); // throws `cancelled` when the task is stopped
    }
}
/// [reconnect]

eddy::task<> one_line(eddy::session& peer) {
    co_await peer.write("news\n");
}

TEST_CASE("cookbook: a client that comes back", "[integration][cookbook]") {
    const served by(one_line);
    const auto main = [](eddy::endpoint at) -> eddy::task<> {
        eddy::channel<std::string> lines(8);
        eddy::scope following;
        following.spawn(follow(at, lines));
        for (int i = 0; i != 3; ++i) { // each from a session of its own
            const auto line = co_await lines.receive();
            CHECK(*line == "news");
        }
        following.request_stop();
        co_await following.join();
    };
    eddy::loop loop;
    loop.run(main(by.where()));
}

std::string slow_hash(const std::string& text) {
    std::uint64_t mixed = 0;
    for (const char each : text) {
        mixed = mixed * 31 + static_cast<unsigned char>(each);
    }
    return std::to_string(mixed);
}

/// [ask-datagram]
constexpr eddy::duration patience[] = {200ms, 1s, 5s};

eddy::task<eddy::result<std::string>> ask(eddy::address whom, std::string question) {
    auto socket = eddy::datagrams::open("udp://0.0.0.0:0");
    if (!socket) {
        co_return socket.error();
    }
    for (const eddy::duration length : patience) {
        co_await socket->send(whom, question);
        const auto limit = eddy::within(length);
        while (const auto batch = co_await socket->receive(limit)) {
            for (const eddy::datagram& each : *batch) {
                if (each.peer == whom) {
                    co_return std::string(eddy::byte_view(each.data).text());
                }
            }
        }
    }
    co_return eddy::errc::timed_out;
}
/// [ask-datagram]

TEST_CASE("cookbook: a question over UDP that is lost", "[integration][cookbook]") {
    const auto answer_the_second = [](eddy::datagrams& socket) -> eddy::task<> {
        int heard = 0;
        while (const auto batch = co_await socket.receive()) {
            for (const eddy::datagram& each : *batch) {
                if (++heard == 2) {
                    co_await socket.reply(each, each.data);
                }
            }
        }
    };
    eddy::server server;
    server.serve("udp://127.0.0.1:0", answer_the_second);
    server.start();
    eddy::loop loop;

    const auto answer = loop.run(ask(*server.endpoints().front().numeric(), "anybody there?"));

    REQUIRE(answer);
    CHECK(*answer == "anybody there?");
    CHECK(server.drain(20s).is_clean());
}

/// [blocking]
eddy::task<> hash_lines(eddy::session& peer) {
    while (const auto line = co_await peer.read_line()) {
        auto work = [text = std::string(*line)] { return slow_hash(text); }; // owns what it needs
        const std::string hash = co_await eddy::offload(std::move(work));
        co_await peer.write(hash, "\n");
    }
}
/// [blocking]

TEST_CASE("cookbook: work that blocks", "[integration][cookbook]") {
    CHECK(served(hash_lines).say("a\nab\n") == "97\n3105\n");
}

/// [between-loops]
/// Owned by one task of one loop; sessions of every loop send what they have to say about it.
eddy::task<> keep_score(eddy::channel<std::string> points, std::map<std::string, int>& score) {
    while (auto name = co_await points.receive()) {
        ++score[*name]; // no lock: nobody else touches it
    }
}

auto send_points(eddy::channel<std::string> points) {
    return [points](eddy::session& peer) mutable -> eddy::task<> {
        while (const auto name = co_await peer.read_line()) {
            co_await points.send(std::string(*name)); // waits while the channel is full
        }
    };
}
/// [between-loops]

TEST_CASE("cookbook: state of sessions on several loops", "[integration][cookbook]") {
    eddy::channel<std::string> points(16);
    std::map<std::string, int> score;
    {
        const served by(send_points(points));
        eddy::loop keeper;
        std::thread keeping([&] { keeper.run(keep_score(points, score)); });
        for (int i = 0; i != 4; ++i) {
            CHECK(by.say("red\nblue\nred\n").empty());
        }
        points.close();
        keeping.join();
    }
    CHECK(score == std::map<std::string, int>{{"blue", 4}, {"red", 8}});
}

/// [half-close]
eddy::task<> sort_lines(eddy::session& peer) {
    const auto all = co_await peer.read_all(64 * 1024, eddy::within(10s)); // to the end of stream
    if (!all) {
        co_return; // too long, too slow, or gone
    }
    std::istringstream text{std::string(eddy::byte_view(*all).text())};
    std::multiset<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        lines.insert(line);
    }
    for (const std::string& line : lines) {
        co_await peer.write(line, "\n"); // this direction is open still
    }
} // and is closed here, when everything is sent
/// [half-close]

TEST_CASE("cookbook: an answer after the end of what is asked", "[integration][cookbook]") {
    CHECK(served(sort_lines).say("pear\napple\nfig\n") == "apple\nfig\npear\n");
}

/// [cancel]
eddy::task<int> count_until(eddy::scope& workers, eddy::duration limit) {
    const auto count = [](int& turns) -> eddy::task<> {
        for (;;) {
            co_await eddy::sleep(1ms); // throws `cancelled` once it is stopped
            ++turns;
        }
    };
    int turns = 0;
    workers.spawn(count(turns));
    co_await eddy::sleep(limit);
    workers.request_stop();
    co_await workers.join(); // nothing runs any more that could touch `turns`
    co_return turns;
}
/// [cancel]

TEST_CASE("cookbook: tasks that are stopped", "[integration][cookbook]") {
    const auto main = []() -> eddy::task<int> {
        eddy::scope workers;
        co_return co_await count_until(workers, 20ms);
    };
    eddy::loop loop;
    CHECK(loop.run(main()) >= 0);
}

} // namespace
