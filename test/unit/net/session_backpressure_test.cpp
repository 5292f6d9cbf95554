// SPDX-License-Identifier: BSL-1.0
// Peers that take less than is written, or give more than is wanted.
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;
using test::session_fixture;
using test::stream_script;

session_limits small_limits() {
    return {.low = 1000, .high = 2000, .hard = 4000};
}

TEST_CASE("session: bytes that cannot be sent, end it with a reset and no end", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.script.room = 100;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        co_await peer.write(std::string(1000, 'a'));
        peer.shutdown_send();
        CHECK(script.sent.size() == 100);
        script.fail_writes(make_error_code(std::errc::no_buffer_space));
        co_await sleep(1ms);
        CHECK(script.is_reset);
        CHECK_FALSE(script.has_fin);
        co_await peer.close();
        CHECK_FALSE(script.has_fin);
    });
}

// What is posted.

TEST_CASE("session: posted up to the hard mark, takes all and never waits", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        CHECK(peer.post(std::string(3000, 'a')));
        CHECK(peer.post(std::string(1000, 'b')));
        CHECK(peer.outbox_size() == 4000);
        CHECK(peer.ended_by() == close_reason::none);
        script.take(10'000);
        co_await sleep(1ms);
        CHECK(script.sent == std::string(3000, 'a') + std::string(1000, 'b'));
    });
}

TEST_CASE(
    "session: posted beyond the hard mark, ends with a reset and takes nothing", "[net][session]"
) {
    session_fixture fixture(small_limits());
    fixture.script.room = 100;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        CHECK(peer.post(std::string(4000, 'a')));
        co_await sleep(1ms);
        CHECK(peer.outbox_size() == 3900);
        CHECK(peer.post(std::string(101, 'b')).error() == errc::closed);
        CHECK(peer.ended_by() == close_reason::slow_reader);
        CHECK(script.is_reset);
        CHECK(script.sent == std::string(100, 'a'));
        CHECK(peer.outbox_size() == 0);
        CHECK(peer.post("more").error() == errc::closed);
        CHECK(peer.stats().writes_after_close == 0);
        const auto read = co_await peer.read();
        CHECK(read.error() == errc::closed);
    });
}

TEST_CASE("session: end by a post, tells who reads and who writes", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        error_code read_end;
        error_code write_end;
        scope others;
        others.spawn([](session& of, error_code& seen) -> task<> {
            seen = (co_await of.read()).error();
        }(peer, read_end));
        others.spawn([](session& of, error_code& seen) -> task<> {
            const std::string large(3000, 'w');
            seen = (co_await of.write(large)).error();
        }(peer, write_end));
        static_cast<void>(peer.post(std::string(1001, 'x')));
        co_await others.join();
        CHECK(read_end == errc::closed);
        CHECK(write_end == errc::closed);
    });
}

TEST_CASE("session: message that could never be posted, is refused alone", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.run([](session& peer, stream_script& script) -> task<> {
        CHECK(peer.post(std::string(4001, 'a')).error() == errc::too_long);
        CHECK(peer.ended_by() == close_reason::none);
        CHECK(peer.post("b"));
        co_await sleep(1ms);
        CHECK(script.sent == "b");
    });
}

TEST_CASE(
    "session: much posted in one turn to a peer that takes it, is no reason to end",
    "[net][session]"
) {
    session_fixture fixture(small_limits());
    fixture.run([](session& peer, stream_script& script) -> task<> {
        for (int i = 0; i != 100; ++i) {
            CHECK(peer.post(std::string(1000, 'a')));
        }
        co_await sleep(1ms);
        CHECK(script.sent.size() == 100'000);
    });
}

TEST_CASE("session: tried up to the high mark, takes all and no byte more", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        CHECK(peer.try_write(std::string(2001, 'a')).error() == errc::would_block);
        CHECK(peer.try_write(std::string(2000, 'a')));
        CHECK(peer.try_write("b").error() == errc::would_block);
        CHECK(peer.outbox_size() == 2000);
        co_return;
    });
}

TEST_CASE("session: borrowed write waits, does not count for the hard mark", "[net][session]") {
    session_fixture fixture(small_limits());
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        const std::string large(100'000, 'l');
        scope others;
        others.spawn([](session& of, const std::string& text) -> task<> {
            co_await of.write(text);
        }(peer, large));
        CHECK(peer.outbox_size() == 100'000);
        CHECK(peer.held_memory() == 0);
        CHECK(peer.post(std::string(4000, 'p')));
        CHECK(peer.ended_by() == close_reason::none);
        script.take(200'000);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == large + std::string(4000, 'p'));
    });
}

TEST_CASE("session: memory it holds, is counted in blocks and given back", "[net][session]") {
    constexpr std::size_t block = detail::block_pool::block_size;
    session_fixture fixture;
    fixture.script.room = 0;
    fixture.run([&](session& peer, stream_script& script) -> task<> {
        auto& blocks = fixture.loop->blocks();
        CHECK(peer.held_memory() == 0);
        CHECK(peer.post(std::string(20'000, 'p')));
        CHECK(peer.held_memory() == 2 * block);
        CHECK(blocks.outbox_bytes().value() == 2 * block);
        script.feed("x");
        const auto got = co_await peer.read();
        CHECK(got);
        CHECK(peer.held_memory() == 3 * block);
        CHECK(blocks.lent_bytes() == 3 * block);
        script.take(100'000);
        co_await peer.flush();
        CHECK(peer.held_memory() == block);
        CHECK(blocks.outbox_bytes().value() == 0);
        peer.abort();
        CHECK(peer.held_memory() == 0);
        CHECK(blocks.lent_bytes() == 0);
    });
}

// Reading that is held back.

TEST_CASE("session: reading paused twice, goes on when both reasons are gone", "[net][session]") {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        auto first = peer.pause_reading();
        auto second = peer.pause_reading();
        CHECK(first);
        script.feed("held");
        const auto early = co_await peer.read(within(1s));
        CHECK(early.error() == errc::timed_out);
        first = reading_pause();
        CHECK_FALSE(first);
        const auto still = co_await peer.read(within(1s));
        CHECK(still.error() == errc::timed_out);
        CHECK(script.reads == 0);
        second = reading_pause();
        const auto got = co_await peer.read(within(1s));
        REQUIRE(got);
        CHECK(test::text_of(*got) == "held");
    });
}

TEST_CASE(
    "session: reading paused under a reader, takes nothing until it goes on", "[net][session]"
) {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        scope others;
        std::string got;
        others.spawn([](session& of, std::string& into) -> task<> {
            const auto bytes = co_await of.read();
            into = bytes ? test::text_of(*bytes) : bytes.error().message();
        }(peer, got));
        {
            const auto pause = peer.pause_reading();
            script.feed("held");
            co_await sleep(1h);
            CHECK(got.empty());
            CHECK(script.arrived == "held");
        }
        co_await others.join();
        CHECK(got == "held");
    });
}

TEST_CASE("session: reading paused, gives what the inbox has", "[net][session]") {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        script.feed("one\ntwo\nthr");
        const auto one = co_await peer.read_line();
        CHECK(*one == "one");
        const auto pause = peer.pause_reading();
        script.feed("ee\n");
        const auto two = co_await peer.read_line();
        CHECK(*two == "two");
        const auto three = co_await peer.read_line(100, within(1s));
        CHECK(three.error() == errc::timed_out);
    });
}

TEST_CASE("session: transport breaks under a paused reader, the reader is told", "[net][session]") {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        const auto pause = peer.pause_reading();
        error_code seen;
        scope others;
        others.spawn([](session& of, error_code& into) -> task<> {
            into = (co_await of.read()).error();
        }(peer, seen));
        script.fail_writes(errc::reset);
        co_await peer.write("x");
        co_await others.join();
        CHECK(seen == errc::reset);
    });
}

TEST_CASE("session: reading paused, its deadlines stand still", "[net][session]") {
    session_limits limits;
    SECTION("first byte") {
        limits.deadlines.first_byte = 10s;
    }
    SECTION("idle") {
        limits.deadlines.idle = 10s;
    }
    session_fixture fixture(limits);
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        const auto began = loop_clock::now();
        scope others;
        duration lasted{};
        others.spawn([](session& of, duration& into) -> task<> {
            const auto start = loop_clock::now();
            co_await of.read();
            into = loop_clock::now() - start;
        }(peer, lasted));
        co_await sleep(4s);
        {
            const auto pause = peer.pause_reading();
            co_await sleep(1h);
        }
        co_await others.join();
        CHECK(peer.ended_by() != close_reason::none);
        CHECK(lasted == 1h + 10s);
        CHECK(loop_clock::now() - began == lasted);
    });
}

TEST_CASE(
    "session: reading paused within a message, its frame deadline stands still", "[net][session]"
) {
    session_limits limits;
    limits.deadlines.frame = 10s;
    session_fixture fixture(limits);
    fixture.run([](session& peer, stream_script& script) -> task<> {
        scope others;
        error_code seen;
        others.spawn([](session& of, error_code& into) -> task<> {
            into = (co_await of.read_line()).error();
        }(peer, seen));
        script.feed("hal");
        co_await sleep(4s);
        {
            const auto pause = peer.pause_reading();
            co_await sleep(1h);
        }
        co_await sleep(5900ms);
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::frame);
        co_await others.join();
    });
}

TEST_CASE(
    "session: closed while reading is paused, reads to the end all the same", "[net][session]"
) {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        const auto pause = peer.pause_reading();
        script.feed("unread");
        script.feed_end();
        const auto began = loop_clock::now();
        co_await peer.close();
        CHECK(script.arrived.empty());
        CHECK(loop_clock::now() == began);
    });
}

TEST_CASE(
    "session: drained while reading is paused, serves what has come when it goes on",
    "[net][session]"
) {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        auto pause = peer.pause_reading();
        script.feed("last");
        peer.request_drain();
        scope others;
        others.spawn(later(1s, [&] { pause = reading_pause(); }));
        const auto last = co_await peer.read();
        REQUIRE(last);
        CHECK(test::text_of(*last) == "last");
        const auto none = co_await peer.read();
        CHECK(none.error() == errc::draining);
        co_await others.join();
    });
}

} // namespace
} // namespace eddy
