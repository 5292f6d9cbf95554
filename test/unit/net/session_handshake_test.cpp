// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;
using test::session_fixture;
using test::stream_script;

session_limits limits_of(duration handshake) {
    session_limits limits;
    limits.deadlines.handshake = handshake;
    return limits;
}

//! [handshake]
task<bool> log_in(session& peer) {
    const handshake opening = peer.begin_handshake();
    co_await peer.write("name?\n");
    const auto name = co_await peer.read_line(64);
    co_return name && *name == "eddy";
} // from here on the peer has the time of the other deadlines
//! [handshake]

TEST_CASE("session: a handshake that is done in time, leaves no deadline", "[net][session]") {
    session_fixture fixture(limits_of(10s));
    fixture.run([](session& peer, stream_script& script) -> task<> {
        scope others;
        others.spawn(later(9s, [&] { script.feed("eddy\n"); }));
        const bool is_in = co_await log_in(peer);
        CHECK(is_in);
        co_await sleep(1min);
        CHECK(peer.ended_by() == close_reason::none);
        co_await others.join();
    });
}

TEST_CASE("session: a handshake that is late, ends the session", "[net][session]") {
    session_fixture fixture(limits_of(10s));
    fixture.run([](session& peer, stream_script& script) -> task<> {
        const time_point began = loop_clock::now();
        scope others;
        for (int i = 1; i <= 9; ++i) { // busy, but never through
            others.spawn(later(i * 1s, [&] { script.feed("x"); }));
        }
        const bool is_in = co_await log_in(peer);
        CHECK_FALSE(is_in);
        CHECK(peer.ended_by() == close_reason::handshake);
        CHECK(loop_clock::now() - began == 10s);
        co_await others.join();
    });
}

TEST_CASE("session: a handshake without a limit, never ends the session", "[net][session]") {
    session_fixture fixture;
    fixture.run([](session& peer, stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1h, [&] { script.feed("eddy\n"); }));
        const bool is_in = co_await log_in(peer);
        CHECK(is_in);
        co_await others.join();
    });
}

TEST_CASE(
    "session: a handshake that moves, ends once, and there is one at a time", "[net][session]"
) {
    session_fixture fixture(limits_of(10s));
    fixture.run([](session& peer, stream_script& /*script*/) -> task<> {
        handshake first = peer.begin_handshake();
        CHECK_THROWS_AS(peer.begin_handshake(), std::logic_error);
        handshake second = std::move(first);
        CHECK_FALSE(first);
        CHECK(second);
        second = handshake();
        CHECK_FALSE(second);
        handshake third = peer.begin_handshake();
        co_await sleep(11s);
        CHECK(peer.ended_by() == close_reason::handshake);
    });
}

} // namespace
} // namespace eddy
