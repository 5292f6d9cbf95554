// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_stream.hpp"

#include <functional>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

/// A loop, a script and a session on it; the test's coroutine gets both ends.
class fixture {
public:
    using body = std::function<task<>(session&, test::stream_script&)>;

    explicit fixture(const session_limits& limits = {}) : limits_(limits) {}

    void run(const body& test) {
        const auto main = [](fixture& self, const body& inner) -> task<> {
            session peer(std::make_unique<test::scripted_stream>(self.script), self.limits_);
            co_await inner(peer, self.script);
        };
        loop->run(main(*this, test));
    }

    test::manual_loop loop;
    test::stream_script script;

private:
    session_limits limits_;
};

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

task<> later(duration when, std::function<void()> what) {
    co_await sleep(when);
    what();
}

TEST_CASE("session: bytes are there, read lends them", "[net][session]") {
    fixture f;
    f.script.feed("hello");

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto got = co_await peer.read();
        REQUIRE(got);
        CHECK(text_of(*got) == "hello");
    });
}

TEST_CASE("session: numbered by its loop, what ran before does not show", "[net][session]") {
    for (int round = 0; round < 2; ++round) {
        fixture f;
        f.run([](session& first, test::stream_script&) -> task<> {
            test::stream_script other;
            const session second(std::make_unique<test::scripted_stream>(other));
            CHECK(first.id() == 1);
            CHECK(second.id() == 2);
            co_return;
        });
    }
}

TEST_CASE("session: bytes come later, read waits without a buffer", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] {
            CHECK_FALSE(peer.holds_buffer());
            script.feed("late");
        }));
        const auto got = co_await peer.read();
        CHECK(text_of(*got) == "late");
        CHECK(peer.holds_buffer()); // lent
        others.spawn(later(1s, [&] {
            CHECK_FALSE(peer.holds_buffer());
            script.feed_end();
        }));
        const auto got1 = co_await peer.read();
        CHECK(got1.error() == errc::end_of_stream);
        co_await others.join();
    });
}

TEST_CASE("session: lines in any segmentation, read_line gives the same lines", "[net][session]") {
    const auto segment = GENERATE(std::size_t(1), 2, 3, 5, 7, 100);
    fixture f;
    f.script.read_max = segment;
    f.script.feed("one\ntwo\r\n\nfour\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script&) -> task<> {
        std::vector<std::string> lines;
        error_code end;
        for (;;) {
            auto line = co_await peer.read_line();
            if (!line) {
                end = line.error();
                break;
            }
            lines.emplace_back(*line);
        }
        CHECK(lines == std::vector<std::string>{"one", "two", "", "four"});
        CHECK(end == errc::end_of_stream);
    });
}

TEST_CASE("session: read_until, each place where the delimiter may be split", "[net][session]") {
    const std::string message = "head\r\n\r\nbody";
    for (std::size_t split = 0; split <= message.size(); ++split) {
        fixture f;
        f.script.feed(message.substr(0, split));

        f.run([&](session& peer, test::stream_script& script) -> task<> {
            scope others;
            others.spawn(later(1s, [&] { script.feed(message.substr(split)); }));
            const auto head = co_await peer.read_until("\r\n\r\n");
            REQUIRE(head);
            CHECK(*head == "head");
            const auto body = co_await peer.read_exactly(4);
            CHECK(text_of(*body) == "body");
        });
    }
}

TEST_CASE(
    "session: the stream ends inside a message, truncated and the rest can be read",
    "[net][session]"
) {
    fixture f;
    f.script.feed("half a li");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto got2 = co_await peer.read_line();
        CHECK(got2.error() == errc::truncated);
        const auto got3 = co_await peer.read_exactly(100);
        CHECK(got3.error() == errc::truncated);
        const auto rest = co_await peer.read();
        REQUIRE(rest);
        CHECK(text_of(*rest) == "half a li");
        const auto got4 = co_await peer.read_line();
        CHECK(got4.error() == errc::end_of_stream);
    });
}

TEST_CASE(
    "session: line length, the limit itself is allowed and one more is not", "[net][session]"
) {
    const auto length = GENERATE(std::size_t(9), 10, 11);
    const auto ending = GENERATE(as<std::string>(), "\n", "");
    fixture f;
    f.script.feed(std::string(length, 'x') + ending);

    f.run([&](session& peer, test::stream_script&) -> task<> {
        const auto line = co_await peer.read_line(10, within(1s));
        if (length > 10) {
            CHECK(line.error() == errc::too_long);
        } else if (ending.empty()) {
            CHECK(line.error() == errc::timed_out);
        } else {
            CHECK(line->size() == length);
        }
    });
}

TEST_CASE("session: read_exactly of more than a block, gathers what comes", "[net][session]") {
    fixture f;
    const std::string big(100'000, 'b');
    f.script.read_max = 1000;
    f.script.feed(big + "tail");

    f.run([&](session& peer, test::stream_script&) -> task<> {
        const auto got = co_await peer.read_exactly(big.size());
        REQUIRE(got);
        CHECK(text_of(*got) == big);
        const auto got5 = co_await peer.read();
        CHECK(text_of(*got5) == "tail");
    });
}

TEST_CASE(
    "session: read_exactly of nothing and read_some into nothing, done at once", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto none = co_await peer.read_exactly(0);
        CHECK((none && none->empty()));
        const auto got6 = co_await peer.read_some({});
        CHECK(*got6 == 0);
    });
}

TEST_CASE(
    "session: read_some and read_exactly into a buffer, copy and leave the rest", "[net][session]"
) {
    fixture f;
    f.script.feed("abcdef");

    f.run([](session& peer, test::stream_script&) -> task<> {
        std::array<std::byte, 2> two{};
        const auto got7 = co_await peer.read_some(two);
        CHECK(*got7 == 2);
        CHECK(text_of(two) == "ab");
        std::array<std::byte, 3> three{};
        const auto got8 = co_await peer.read_exactly(three);
        CHECK(*got8 == 3);
        CHECK(text_of(three) == "cde");
        const auto got9 = co_await peer.read();
        CHECK(text_of(*got9) == "f");
    });
}

TEST_CASE("session: read_all, everything to the end or too long", "[net][session]") {
    const auto max = GENERATE(std::size_t(5), 6, 7);
    fixture f;
    f.script.read_max = 2;
    f.script.feed("sixsix");
    f.script.feed_end();

    f.run([&](session& peer, test::stream_script&) -> task<> {
        const auto all = co_await peer.read_all(max);
        if (max < 6) {
            CHECK(all.error() == errc::too_long);
        } else {
            CHECK(text_of(*all) == "sixsix");
        }
    });
}

TEST_CASE(
    "session: a deadline passes, the read gives timed_out and the session stays usable",
    "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const auto start = loop_clock::now();
        const auto got10 = co_await peer.read(within(5s));
        CHECK(got10.error() == errc::timed_out);
        CHECK(loop_clock::now() - start == 5s);
        script.feed("x");
        const auto got11 = co_await peer.read(within(5s));
        CHECK(text_of(*got11) == "x");
        // The timer of a read that was in time must not end a later one early.
        const auto got12 = co_await peer.read(within(10s));
        CHECK(got12.error() == errc::timed_out);
        CHECK(loop_clock::now() - start == 15s);
        const auto got13 = co_await peer.read(within(-1s));
        CHECK(got13.error() == errc::timed_out);
    });
}

TEST_CASE("session: a nearer deadline than the armed one, ends in time", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { script.feed("x"); }));
        const auto got14 = co_await peer.read(within(60s));
        CHECK(got14);
        const auto start = loop_clock::now();
        const auto got15 = co_await peer.read(within(2s));
        CHECK(got15.error() == errc::timed_out);
        CHECK(loop_clock::now() - start == 2s);
    });
}

TEST_CASE(
    "session: the task is stopped, the read gives cancelled and consumes nothing", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        std::optional<error_code> seen;
        const auto reader = [](session& from, std::optional<error_code>& out) -> task<> {
            out = (co_await from.read()).error();
        };
        scope others;
        others.spawn(reader(peer, seen));
        others.request_stop();
        co_await others.join();
        CHECK(*seen == errc::cancelled);
        script.feed("still here");
        const auto got16 = co_await peer.read();
        CHECK(text_of(*got16) == "still here");
    });
}

TEST_CASE(
    "session: a reader is destroyed where it waits, the next read gets the bytes", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        {
            const auto reader = [](session& from) -> task<> {
                (void)co_await from.read_line(100, within(9s));
            };
            scope doomed;
            doomed.spawn(reader(peer));
        }
        script.feed("kept\n");
        const auto got17 = co_await peer.read_line();
        CHECK(*got17 == "kept");
        const auto got18 = co_await peer.read(within(20s));
        CHECK(got18.error() == errc::timed_out);
    });
}

TEST_CASE("session: two reads at once, a logic_error that says so", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto reader = [](session& from) -> task<> { (void)co_await from.read(); };
        scope others;
        others.spawn(reader(peer));
        CHECK_THROWS_AS(co_await peer.read(), std::logic_error);
        others.request_stop();
        co_await others.join();
    });
}

TEST_CASE(
    "session: small writes, leave in one send when the handler comes to wait", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        for (int i = 0; i != 16; ++i) {
            const auto got19 = co_await peer.write("line\n");
            CHECK(got19);
        }
        CHECK(script.writes == 0);
        co_await yield();
        CHECK(script.writes == 1);
        CHECK(script.sent.size() == 16 * 5);
        CHECK(peer.stats().sends == 1);
    });
}

TEST_CASE("session: parts of one write, stay together and in order", "[net][session]") {
    fixture f;
    const std::string big(10'000, 'B');

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        co_await peer.write("a", "b", "c");
        co_await peer.write("head ", big, " tail");
        co_await peer.write("end");
        co_await peer.flush();
        CHECK(script.sent == "abchead " + big + " tailend");
    });
}

TEST_CASE(
    "session: the peer takes nothing, writes suspend above high and go on at low", "[net][session]"
) {
    fixture f({.low = 100, .high = 200});
    f.script.room = 0;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        unsigned written = 0;
        const auto writer = [](session& to, unsigned& count) -> task<> {
            for (int i = 0; i != 10; ++i) {
                co_await to.write(std::string(50, 'w'));
                ++count;
            }
        };
        scope others;
        others.spawn(writer(peer, written));
        co_await sleep(1s);
        CHECK(written == 4); // the fifth took the outbox above 200 and waits
        CHECK(peer.outbox_size() == 250);
        script.take(149);
        co_await sleep(1s);
        CHECK(written == 4); // 101 are left
        script.take(1);
        co_await sleep(1s);
        CHECK(written == 7);
        script.take(10'000);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == std::string(500, 'w'));
    });
}

TEST_CASE(
    "session: large writes, are sent from where they are and wait until taken", "[net][session]"
) {
    fixture f;
    const std::string big(20'000, 'L');
    f.script.room = 5'000;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        bool done = false;
        const auto writer = [](session& to, const std::string& bytes, bool& finished) -> task<> {
            const auto got20 = co_await to.write(bytes);
            CHECK(got20);
            finished = true;
        };
        scope others;
        others.spawn(writer(peer, big, done));
        co_await peer.write("after");
        co_await sleep(1s);
        CHECK_FALSE(done);
        script.take(14'999);
        co_await sleep(1s);
        CHECK_FALSE(done);
        script.take(1'000'000);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == big + "after");
    });
}

TEST_CASE(
    "session: a large write is cancelled, whole when begun and gone when not", "[net][session]"
) {
    const auto taken = GENERATE(std::size_t(0), 5'000);
    const auto how = GENERATE(as<std::string>(), "stop", "destroy");
    fixture f;
    f.script.room = taken;
    const std::string big(20'000, 'L');

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        const auto writer = [](session& to, std::string bytes) -> task<> {
            co_await to.write(bytes);
        };
        scope others;
        others.spawn(writer(peer, big));
        co_await peer.write("next");
        if (how == "stop") {
            others.request_stop();
            co_await others.join();
        } else {
            others.destroy_all();
        }
        script.take(1'000'000);
        co_await peer.flush();
        CHECK(script.sent == (taken == 0 ? "next" : big + "next"));
    });
}

TEST_CASE(
    "session: a write fails, the session is dead and the next read says so", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        script.fail_writes(errc::reset);
        const auto got21 = co_await peer.write("lost");
        CHECK(got21); // into the outbox
        co_await yield();
        const auto got22 = co_await peer.read();
        CHECK(got22.error() == errc::reset);
        const auto got23 = co_await peer.write("more");
        CHECK(got23.error() == errc::reset);
        const auto got24 = co_await peer.flush();
        CHECK(got24.error() == errc::reset);
        CHECK(peer.outbox_size() == 0);
    });
}

TEST_CASE(
    "session: the transport breaks under a reader and suspended writers, all are told",
    "[net][session]"
) {
    fixture f({.low = 10, .high = 20});
    f.script.room = 0;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        std::vector<error_code> seen;
        const auto reader = [](session& from, std::vector<error_code>& out) -> task<> {
            out.push_back((co_await from.read()).error());
        };
        const auto writer = [](session& to, std::size_t size, std::vector<error_code>& out
                            ) -> task<> {
            out.push_back((co_await to.write(std::string(size, 'x'))).error());
        };
        scope others;
        others.spawn(reader(peer, seen));
        others.spawn(writer(peer, 30, seen));
        others.spawn(writer(peer, 30'000, seen));
        script.fail_writes(errc::reset);
        co_await others.join();
        CHECK(seen == std::vector<error_code>(3, errc::reset));
    });
}

TEST_CASE(
    "session: half-close, what was written goes first and reading goes on", "[net][session]"
) {
    fixture f;
    f.script.room = 0;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        co_await peer.write("last words");
        peer.shutdown_send();
        CHECK_FALSE(script.has_fin);
        const auto got25 = co_await peer.write("too late");
        CHECK(got25.error() == errc::closed);
        script.take(100);
        CHECK(script.sent == "last words");
        CHECK(script.has_fin);
        script.feed("reply");
        const auto got26 = co_await peer.read();
        CHECK(text_of(*got26) == "reply");
    });
}

TEST_CASE(
    "session: close, flushes, ends, discards what comes and waits for the peer's end",
    "[net][session]"
) {
    fixture f;
    f.script.feed("never read");

    f.run([](session& peer, test::stream_script& script) -> task<> {
        co_await peer.write("bye");
        scope others;
        others.spawn(later(1s, [&] {
            CHECK(script.sent == "bye");
            CHECK(script.has_fin);
            CHECK_FALSE(script.is_closed);
            script.feed("ignored");
            script.feed_end();
        }));
        co_await peer.close();
        CHECK(script.is_closed);
        CHECK_FALSE(script.is_reset);
        CHECK_FALSE(peer.is_open());
        const auto got27 = co_await peer.read();
        CHECK(got27.error() == errc::closed);
        co_await peer.close();
    });
}

TEST_CASE(
    "session: close, a peer that stays or takes nothing costs the linger time only",
    "[net][session]"
) {
    fixture f;
    f.script.room = GENERATE(std::size_t(0), 100);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const auto start = loop_clock::now();
        co_await peer.write("bye");
        co_await peer.close(2s);
        CHECK(loop_clock::now() - start == 2s);
        CHECK(script.is_closed);
    });
}

TEST_CASE("session: abort, resets and tells everybody who waits", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        error_code seen;
        const auto reader = [](session& from, error_code& out) -> task<> {
            out = (co_await from.read()).error();
        };
        scope others;
        others.spawn(reader(peer, seen));
        peer.abort();
        co_await others.join();
        CHECK(seen == errc::closed);
        CHECK(script.is_reset);
        CHECK(script.is_closed);
    });
}

TEST_CASE(
    "session: destroyed while open, what the transport takes at once is sent", "[net][session]"
) {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        co_await peer.write("parting");
        {
            const session moved = std::move(peer);
        }
        CHECK(script.sent == "parting");
        CHECK(script.is_closed);
        // For the fixture, which closes what it opened.
        peer = session(std::make_unique<test::scripted_stream>(script));
    });
}

TEST_CASE(
    "session: written to after its own end, the writes are refused and counted", "[net][session]"
) {
    const auto end_by = GENERATE(0, 1, 2);
    CAPTURE(end_by);
    fixture f;
    f.script.feed_end();

    f.run([&](session& peer, test::stream_script&) -> task<> {
        co_await peer.write("before");
        if (end_by == 0) {
            peer.shutdown_send();
        } else if (end_by == 1) {
            co_await peer.close();
        } else {
            peer.abort();
        }
        CHECK(peer.stats().writes_after_close == 0);

        const auto written = co_await peer.write("after");
        CHECK(written.error() == errc::closed);
        CHECK(peer.try_write("after").error() == errc::closed);

        CHECK(peer.stats().writes_after_close == 2);
    });
}

TEST_CASE(
    "session: the peer is gone, refused writes are not held against the program", "[net][session]"
) {
    fixture f;
    f.script.fail_writes(errc::reset);

    f.run([](session& peer, test::stream_script&) -> task<> {
        co_await peer.write("lost");
        co_await peer.flush();
        const auto written = co_await peer.write("more");
        CHECK(written.error() == errc::reset);

        CHECK(peer.stats().writes_after_close == 0);
    });
}

TEST_CASE("session: drained between messages, the waiting read gives draining", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script&) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { peer.request_drain(); }));
        CHECK_FALSE(peer.is_draining());
        const auto got28 = co_await peer.read_line();
        CHECK(got28.error() == errc::draining);
        CHECK(peer.is_draining());
        co_await peer.on_drain(); // at once
    });
}

TEST_CASE("session: drained inside a message, that message is finished", "[net][session]") {
    fixture f;
    f.script.feed("first half, ");

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { peer.request_drain(); }));
        others.spawn(later(2s, [&] { script.feed("second "); }));
        others.spawn(later(3s, [&] { script.feed("half\n"); }));
        const auto got29 = co_await peer.read_line();
        REQUIRE(got29);
        CHECK(*got29 == "first half, second half");
        const auto got30 = co_await peer.read_line();
        CHECK(got30.error() == errc::draining);
    });
}

TEST_CASE("session: drained with messages that have arrived, those are served", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        peer.request_drain();
        script.feed("one\ntwo\n");
        const auto got31 = co_await peer.read_line();
        CHECK(*got31 == "one");
        const auto got32 = co_await peer.read_line();
        CHECK(*got32 == "two");
        const auto got33 = co_await peer.read_line();
        CHECK(got33.error() == errc::draining);
    });
}

TEST_CASE("session: many reads finish without waiting, other tasks still run", "[net][session]") {
    fixture f;
    std::string flood;
    for (int i = 0; i != 3'000; ++i) {
        flood += "x\n";
    }
    f.script.feed(flood);

    f.run([](session& peer, test::stream_script&) -> task<> {
        unsigned turns = 0;
        bool done = false;
        const auto other = [](unsigned& count, const bool& ends) -> task<> {
            while (!ends) {
                ++count;
                co_await yield();
            }
        };
        scope others;
        others.spawn(other(turns, done));
        for (int i = 0; i != 3'000; ++i) {
            const auto got34 = co_await peer.read_line();
            REQUIRE(got34);
        }
        CHECK(turns >= 10);
        done = true;
        co_await others.join();
    });
}

TEST_CASE("session: echo in steady state, allocates nothing", "[net][session]") {
    fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        script.sent.reserve(1'000'000);
        script.arrived.reserve(1'000);
        const auto echo = [](session& on) -> task<> {
            while (auto line = co_await on.read_line()) {
                co_await on.write(*line, "\n");
            }
        };
        scope others;
        others.spawn(echo(peer));
        const auto rounds = [&](int count) -> task<> {
            for (int i = 0; i != count; ++i) {
                script.feed("0123456789abcdef\n");
                co_await yield();
                co_await yield();
            }
        };
        co_await rounds(100);
        const test::allocation_counter counted;
        co_await rounds(1'000);
        CHECK((counted.count() == 0 || !test::allocation_counter::is_available()));
        CHECK(script.sent.size() == 1'100 * 17);
        script.feed_end();
        co_await others.join();
    });
}

} // namespace
} // namespace eddy
