// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <memory>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;
using test::text_of;

TEST_CASE("session: bytes are there, read lends them", "[net][session]") {
    test::session_fixture f;
    f.script.feed("hello");

    f.run([](session& peer, test::stream_script&) -> task<> {
        const auto got = co_await peer.read();
        REQUIRE(got);
        CHECK(text_of(*got) == "hello");
    });
}

TEST_CASE("session: numbered by its loop, what ran before does not show", "[net][session]") {
    for (int round = 0; round < 2; ++round) {
        test::session_fixture f;
        f.run([](session& first, test::stream_script&) -> task<> {
            test::stream_script other;
            const session second(std::make_unique<test::scripted_stream>(other));
            CHECK(first.id() == 1);
            CHECK(second.id() == 2);
            co_return;
        });
    }
}

TEST_CASE("session: many reads finish without waiting, other tasks still run", "[net][session]") {
    test::session_fixture f;
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
    test::session_fixture f;

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

TEST_CASE("session: drained between messages, the waiting read gives draining", "[net][session]") {
    test::session_fixture f;

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
    test::session_fixture f;
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
    test::session_fixture f;

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

TEST_CASE("session: is_quiet, tells who is fit for another conversation", "[net][session]") {
    test::session_fixture fixture;
    const auto now = deadline(time_point());

    SECTION("nothing has arrived") {
        fixture.run([](session& peer, test::stream_script&) -> task<> {
            CHECK(peer.is_quiet());
            co_await peer.write("question");
            CHECK(peer.is_quiet());
        });
    }
    SECTION("bytes that the transport holds") {
        fixture.run([](session& peer, test::stream_script& script) -> task<> {
            script.feed("unasked");
            CHECK_FALSE(peer.is_quiet());
            const auto got = co_await peer.read(); // which are not lost
            CHECK(test::text_of(*got) == "unasked");
            CHECK(peer.is_quiet());
        });
    }
    SECTION("the rest of a message, behind a read that took its part") {
        fixture.run([](session& peer, test::stream_script& script) -> task<> {
            script.feed("one\ntwo");
            const auto line = co_await peer.read_line();
            CHECK(*line == "one");
            CHECK_FALSE(peer.is_quiet());
        });
    }
    SECTION("the end of the stream") {
        fixture.run([](session& peer, test::stream_script& script) -> task<> {
            script.feed_end();
            CHECK_FALSE(peer.is_quiet());
            const auto got = co_await peer.read();
            CHECK(got.error() == errc::end_of_stream);
        });
    }
    SECTION("a reset, with a read that was left behind at the transport") {
        fixture.run([now](session& peer, test::stream_script& script) -> task<> {
            const auto got = co_await peer.read(now);
            CHECK(got.error() == errc::timed_out);
            CHECK(peer.is_quiet());
            script.feed_end(errc::reset);
            CHECK_FALSE(peer.is_quiet());
        });
    }
    SECTION("asked to end, sealed, closed") {
        fixture.run([](session& peer, test::stream_script&) -> task<> {
            peer.request_drain();
            CHECK_FALSE(peer.is_quiet());
            co_return;
        });
        fixture.run([](session& peer, test::stream_script&) -> task<> {
            peer.shutdown_send();
            CHECK_FALSE(peer.is_quiet());
            co_return;
        });
        fixture.run([](session& peer, test::stream_script&) -> task<> {
            peer.abort();
            CHECK_FALSE(peer.is_quiet());
            co_return;
        });
    }
}

TEST_CASE("session: not quiet while a read waits, which goes on", "[net][session]") {
    test::session_fixture fixture;
    fixture.run([](session& peer, test::stream_script& script) -> task<> {
        scope reading;
        std::string got;
        const auto read = [](session& from, std::string& into) -> task<> {
            const auto bytes = co_await from.read();
            into = test::text_of(*bytes);
        };
        reading.spawn(read(peer, got));
        CHECK_FALSE(peer.is_quiet());
        script.feed("late");
        co_await reading.join();
        CHECK(got == "late");
        CHECK(peer.is_quiet());
        {
            const auto pause = peer.pause_reading();
            CHECK_FALSE(peer.is_quiet());
        }
        CHECK(peer.is_quiet());
    });
}

} // namespace
} // namespace eddy
