// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;
using test::text_of;

TEST_CASE("session: bytes come later, read waits without a buffer", "[net][session]") {
    test::session_fixture f;

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
    test::session_fixture f;
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
        test::session_fixture f;
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
    test::session_fixture f;
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
    test::session_fixture f;
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
    test::session_fixture f;
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
    test::session_fixture f;

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
    test::session_fixture f;
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
    test::session_fixture f;
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
    test::session_fixture f;

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
    test::session_fixture f;

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
    test::session_fixture f;

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
    test::session_fixture f;

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
    test::session_fixture f;

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto reader = [](session& from) -> task<> { (void)co_await from.read(); };
        scope others;
        others.spawn(reader(peer));
        CHECK_THROWS_AS(co_await peer.read(), std::logic_error);
        others.request_stop();
        co_await others.join();
    });
}

} // namespace
} // namespace eddy
