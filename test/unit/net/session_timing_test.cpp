// SPDX-License-Identifier: BSL-1.0
// How a session keeps its deadlines; which of them passes when is deadline_policy_test's.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::session_fixture;
using test::stream_script;

/// A line, or why there is none.
struct outcome {
    std::string line;
    error_code end;
};

task<> read_line(session& peer, outcome& seen) {
    const auto line = co_await peer.read_line();
    seen.end = line.error();
    seen.line = line ? std::string(*line) : "";
}

TEST_CASE("session: message that comes fast enough, lives from what has come", "[net][session]") {
    session_fixture fixture({.deadlines = {.min_rate = 64}});
    fixture.run([](session& peer, stream_script& script) -> task<> {
        outcome seen;
        scope others;
        others.spawn(read_line(peer, seen));
        for (int second = 0; second != 6; ++second) {
            script.feed(std::string(128, 'x'));
            co_await sleep(1s);
        }
        co_await sleep(5900ms); // 768 bytes pay for 12 s
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::slow_sender);
        co_await others.join();
        CHECK(seen.end == errc::closed);
    });
}

TEST_CASE("session: half a message comes with the deadline, is waited for", "[net][session]") {
    session_limits limits;
    SECTION("first byte") {
        limits.deadlines.first_byte = 10s;
    }
    SECTION("idle") {
        limits.deadlines.idle = 10s;
    }
    session_fixture fixture(limits);
    fixture.run([](session& peer, stream_script& script) -> task<> {
        outcome seen;
        scope others;
        others.spawn(read_line(peer, seen));
        co_await sleep(9999ms);
        script.arrived = "ha"; // and nobody is told
        co_await sleep(1s);
        CHECK(peer.ended_by() == close_reason::none);
        script.feed("lf\n");
        co_await others.join();
        CHECK(seen.line == "half");
    });
}

TEST_CASE("session: bytes that go out, keep it from idling", "[net][session]") {
    session_fixture fixture({.deadlines = {.idle = 10s}});
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        outcome seen;
        scope others;
        others.spawn(read_line(peer, seen));
        for (int i = 0; i != 10; ++i) {
            co_await sleep(9s);
            co_await peer.write("x");
        }
        co_await sleep(9900ms);
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::idle);
        co_await others.join();
    });
}

TEST_CASE("session: process that stood still, its peers have their time again", "[net][session]") {
    session_fixture fixture({.deadlines = {.idle = 10s}});
    fixture.run([&](session& peer, stream_script& /*script*/) -> task<> {
        outcome seen;
        scope others;
        others.spawn(read_line(peer, seen));
        co_await sleep(5s);
        fixture.loop.engine().advance(7s); // nobody was there when it was 10 s
        co_await sleep(0s);
        co_await sleep(9900ms);
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::idle);
        co_await others.join();
    });
}

TEST_CASE("session: read that begins in a pause, has its time after it", "[net][session]") {
    session_fixture fixture({.deadlines = {.idle = 10s}});
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        outcome seen;
        scope others;
        {
            const auto pause = peer.pause_reading();
            others.spawn(read_line(peer, seen));
            co_await sleep(1h);
            CHECK(peer.ended_by() == close_reason::none);
        }
        co_await sleep(9900ms);
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::idle);
        co_await others.join();
    });
}

TEST_CASE("session: writes given up and begun again, do not put a stall off", "[net][session]") {
    session_fixture fixture({.deadlines = {.write_stall = 10s}});
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        const std::string large(5000, 'x');
        for (int i = 0; i != 3; ++i) {
            CHECK(peer.ended_by() == close_reason::none);
            scope writing;
            writing.spawn([](session& to, const std::string& what) -> task<> {
                co_await to.write(what);
            }(peer, large));
            co_await sleep(3300ms);
            writing.request_stop();
            co_await writing.join();
            static_cast<void>(peer.post("y"));
        }
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::slow_reader);
    });
}

TEST_CASE("session: a send on its way is no stall, one that waits for room is", "[net][session]") {
    session_fixture fixture({.deadlines = {.write_stall = 10s}});
    fixture.script.room = 0;
    fixture.script.is_on_its_way = true;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        co_await peer.write("x");
        co_await sleep(1h);
        CHECK(peer.ended_by() == close_reason::none);

        script.is_on_its_way = false;
        script.take(0); // it was made, and there was no room
        co_await sleep(9900ms);
        CHECK(peer.ended_by() == close_reason::none);
        co_await sleep(200ms);
        CHECK(peer.ended_by() == close_reason::slow_reader);
    });
}

TEST_CASE("session: breaks while it is stalled, is no slow reader later", "[net][session]") {
    session_fixture fixture({.deadlines = {.write_stall = 10s}});
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        co_await peer.write("x");
        co_await sleep(3s);
        script.fail_writes(errc::reset);
        co_await sleep(1h);
        CHECK(peer.ended_by() == close_reason::none);
        const auto written = co_await peer.write("y");
        CHECK(written.error() == errc::reset);
    });
}

TEST_CASE("session: write given up, what others wrote goes out by itself", "[net][session]") {
    session_fixture fixture;
    fixture.script.room = 0;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        const std::string large(5000, 'x');
        scope writing;
        writing.spawn([](session& to, const std::string& what) -> task<> {
            co_await to.write(what);
        }(peer, large));
        co_await yield();
        static_cast<void>(peer.post("y"));
        co_await sleep(1ms);
        writing.request_stop();
        co_await writing.join();
        co_await sleep(1s);
        script.take(100);
        co_await sleep(1s);
        CHECK(script.sent == "y");
    });
}

} // namespace
} // namespace eddy
