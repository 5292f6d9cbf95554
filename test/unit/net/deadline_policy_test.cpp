// SPDX-License-Identifier: BSL-1.0
#include "net/deadline_policy.hpp"

#include "support/catch.hpp"

#include <functional>
#include <limits>
#include <string>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

constexpr time_point start{100s};
const session_deadlines standard = session_deadlines::of_server();

/// A session that has just begun, and a handler that waits to read.
session_times waiting() {
    session_times times(start);
    times.begin_wait(start);
    return times;
}

void hear(session_times& times, time_point now) {
    times.has_heard = true;
    times.active = now;
}

TEST_CASE("deadline policy: which deadline comes first, and when") {
    struct row {
        const char* what;
        std::function<void(session_times&)> happens;
        close_reason why;
        duration after;
    };
    const auto each = GENERATE(values<row>({
        {"nothing", [](auto&) {}, close_reason::first_byte, 10s},
        {"a byte", [](auto& t) { hear(t, start + 3s); }, close_reason::idle, 63s},
        {"a PROXY header is due",
         [](auto& t) { t.begin_opening(close_reason::proxy_header, start + 1s); },
         close_reason::proxy_header,
         6s},
        {"a handshake is due, whoever waits",
         [](auto& t) {
             t.begin_opening(close_reason::handshake, start + 3s);
             hear(t, start + 12s);
             t.end_wait(start + 12s);
         },
         close_reason::handshake,
         13s},
        {"a handshake is due, and the peer takes no bytes",
         [](auto& t) {
             t.begin_opening(close_reason::handshake, start);
             t.is_stalled = true;
             t.stalled_since = start;
         },
         close_reason::handshake,
         10s},
        {"a slow message is held back by us",
         [](auto& t) {
             hear(t, start + 1s);
             t.begin_frame(start + 1s);
             t.frame_bytes = 10;
             t.is_held = true;
         },
         close_reason::frame,
         31s},
        {"this side spoke first",
         [](auto& t) {
             t.has_spoken = true;
             t.active = start + 1s;
         },
         close_reason::idle,
         61s},
        {"half a message, much of it",
         [](auto& t) {
             hear(t, start + 3s);
             t.begin_frame(start + 3s);
             t.frame_bytes = 10'000;
         },
         close_reason::frame,
         33s},
        {"half a message, a byte of it",
         [](auto& t) {
             hear(t, start + 3s);
             t.begin_frame(start + 3s);
             t.frame_bytes = 1;
         },
         close_reason::slow_sender,
         8s},
        {"half a message, 640 bytes of it",
         [](auto& t) {
             hear(t, start);
             t.begin_frame(start);
             t.frame_bytes = 640;
         },
         close_reason::slow_sender,
         10s},
        {"the peer takes nothing",
         [](auto& t) {
             hear(t, start);
             t.is_stalled = true;
             t.stalled_since = start + 7s;
         },
         close_reason::slow_reader,
         37s},
        {"the handler does not read",
         [](auto& t) { t.end_wait(start + 1s); },
         close_reason::none,
         duration::max()},
    }));
    INFO(each.what);
    session_times times = waiting();
    each.happens(times);
    const auto found = earliest(standard, times, 0);
    CHECK(to_string(found.why) == to_string(each.why));
    CHECK(found.at == (each.after == duration::max() ? time_point::max() : start + each.after));
}

TEST_CASE("deadline policy: a deadline of zero is off") {
    session_times times = waiting();
    CHECK(earliest({}, times, 0).why == close_reason::none);
    CHECK(earliest({.idle = 5s}, times, 0).why == close_reason::idle);
    times.begin_frame(start);
    CHECK(earliest({.idle = 5s}, times, 0).why == close_reason::none);
    times.is_stalled = true;
    CHECK(earliest({.idle = 5s, .frame = 1s}, times, 0).why == close_reason::none);
}

TEST_CASE("deadline policy: time in which nobody reads is not the peer's") {
    session_times times = waiting();
    hear(times, start + 1s);
    times.end_wait(start + 1s);
    times.begin_wait(start + 500s);
    CHECK(earliest(standard, times, 0).at == start + 560s);

    times.begin_frame(start + 501s);
    times.frame_bytes = 10'000;
    times.end_wait(start + 502s);
    times.begin_wait(start + 602s);
    CHECK(earliest(standard, times, 0).at == start + 631s);
}

TEST_CASE("deadline policy: a read that is begun again and again does not put a deadline off") {
    session_times times = waiting();
    hear(times, start);
    times.begin_frame(start);
    times.frame_bytes = 10'000;
    for (int second = 1; second != 20; ++second) {
        times.end_wait(start + std::chrono::seconds(second));
        times.begin_wait(start + std::chrono::seconds(second));
    }
    CHECK(earliest(standard, times, 0).at == start + 30s);
    times.is_in_frame = false;
    CHECK(earliest(standard, times, 0).at == start + 60s);
}

TEST_CASE("deadline policy: bytes that go out while nobody reads keep the session from idling") {
    session_times times = waiting();
    hear(times, start);
    times.end_wait(start);
    times.active = start + 100s;
    times.begin_wait(start + 101s);
    CHECK(earliest(standard, times, 0).at == start + 161s);
}

TEST_CASE("deadline policy: a lifetime is asked for first, and enforced later") {
    const session_deadlines limits{.lifetime = 100s};
    session_times times = waiting();
    CHECK(earliest(limits, times, 0).at == start + 100s);
    CHECK(earliest(limits, times, -1).at == start + 90s);
    CHECK(earliest(limits, times, 1).at == start + 110s);
    times.is_asked_to_end = true;
    times.asked_to_end = start + 100s;
    CHECK(earliest(limits, times, 1).at == start + 130s);
    CHECK(earliest(limits, times, 1).why == close_reason::lifetime);
}

TEST_CASE("deadline policy: after a standstill of the process everybody has the whole time again") {
    session_times times = waiting();
    hear(times, start + 1s);
    times.begin_anew(start + 73s, 12s);
    CHECK(earliest(standard, times, 0).at == start + 133s);
    times.begin_frame(start + 74s);
    times.frame_bytes = 100'000;
    times.begin_anew(start + 120s, 16s);
    CHECK(earliest(standard, times, 0).at == start + 150s);
    times.is_stalled = true;
    times.stalled_since = start + 121s;
    times.begin_anew(start + 200s, 49s);
    CHECK(earliest(standard, times, 0).at == start + 230s);
    CHECK(earliest({.lifetime = 100s}, times, 0).at == start + 177s);
    times.begin_opening(close_reason::handshake, start + 201s);
    times.begin_anew(start + 300s, 90s);
    CHECK(earliest({.handshake = 10s}, times, 0).at == start + 310s);
}

TEST_CASE(
    "deadline policy: a standstill while nobody reads, is not counted again with the next read"
) {
    session_times times = waiting();
    hear(times, start + 1s);
    times.begin_frame(start + 1s);
    times.frame_bytes = 100'000;
    times.end_wait(start + 2s);
    times.begin_anew(start + 92s, 90s);
    times.begin_wait(start + 93s);
    CHECK(earliest(standard, times, 0).at == start + 123s);
}

TEST_CASE("deadline policy: a standstill after the lifetime, does not take from the grace") {
    session_times times = waiting();
    times.is_asked_to_end = true;
    times.asked_to_end = start + 100s;
    times.begin_anew(start + 170s, 60s);
    CHECK(earliest({.lifetime = 100s}, times, 0).at == start + 190s);
}

TEST_CASE("deadline policy: no amount of bytes pays for more than a day") {
    session_times times = waiting();
    times.begin_frame(start);
    times.frame_bytes = std::numeric_limits<std::uint64_t>::max();
    CHECK(earliest({.min_rate = 1}, times, 0).at == start + 24h);
}

TEST_CASE("close_reason: each has a name of its own") {
    for (std::size_t i = 0; i != close_reasons; ++i) {
        CHECK(to_string(static_cast<close_reason>(i)) != "unknown");
    }
    CHECK(to_string(static_cast<close_reason>(close_reasons)) == "unknown");
}

} // namespace
} // namespace eddy::detail
