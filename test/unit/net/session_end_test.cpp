// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <memory>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;
using test::text_of;

TEST_CASE(
    "session: half-close, what was written goes first and reading goes on", "[net][session]"
) {
    test::session_fixture f;
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
    test::session_fixture f;
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
    test::session_fixture f;
    f.script.room = GENERATE(std::size_t(0), 100);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const auto start = loop_clock::now();
        co_await peer.write("bye");
        co_await peer.close(2s);
        CHECK(loop_clock::now() - start == 2s);
        CHECK(script.is_closed);
        CHECK(
            script.is_reset == (script.room == 0)
        ); // an end would make what is cut off look whole
        CHECK(script.has_fin == (script.room != 0));
    });
}

TEST_CASE("session: close, a peer that is slow gets all of it", "[net][session]") {
    test::session_fixture f;
    f.script.room = 10;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const std::string message(60, 'x');
        co_await peer.write(message);
        scope others;
        for (int i = 1; i <= 5; ++i) { // within each 2 s some, and longer than that in all
            others.spawn(test::later(i * 1500ms, [&] { script.take(10); }));
        }
        co_await peer.close(2s);
        CHECK(script.sent == message);
        CHECK(script.has_fin);
        CHECK_FALSE(script.is_reset);
        co_await others.join();
    });
}

TEST_CASE("session: close, a stalled peer has the time of its deadline", "[net][session]") {
    session_limits limits;
    limits.deadlines.write_stall = 30s;
    test::session_fixture f(limits);
    f.script.room = 0;
    const bool goes_on = GENERATE(true, false);

    f.run([goes_on](session& peer, test::stream_script& script) -> task<> {
        const auto start = loop_clock::now();
        co_await peer.write("bye");
        scope others;
        if (goes_on) {
            others.spawn(test::later(29s, [&] { script.take(3); }));
        }
        co_await peer.close(2s);
        CHECK(loop_clock::now() - start == (goes_on ? 31s : 30s));
        CHECK(script.has_fin == goes_on);
        CHECK(script.is_reset != goes_on);
        co_await others.join();
    });
}

TEST_CASE("session: destroyed with bytes that nobody takes, it resets", "[net][session]") {
    test::session_fixture f;
    f.run([](session& peer, test::stream_script& /*of_peer*/) -> task<> {
        co_await peer.close();
        test::stream_script script;
        script.room = GENERATE(std::size_t(2), 100);
        const bool has_room = script.room == 100;
        {
            session brief(std::make_unique<test::scripted_stream>(script));
            co_await brief.write("bye");
        }
        CHECK(script.is_closed);
        CHECK(script.is_reset != has_room);
    });
}

TEST_CASE("session: abort, resets and tells everybody who waits", "[net][session]") {
    test::session_fixture f;

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
    test::session_fixture f;

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
    test::session_fixture f;
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
    test::session_fixture f;
    f.script.fail_writes(errc::reset);

    f.run([](session& peer, test::stream_script&) -> task<> {
        co_await peer.write("lost");
        co_await peer.flush();
        const auto written = co_await peer.write("more");
        CHECK(written.error() == errc::reset);

        CHECK(peer.stats().writes_after_close == 0);
    });
}

} // namespace
} // namespace eddy
