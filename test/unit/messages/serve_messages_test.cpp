// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/messages/serve_messages.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/wire/length_prefixed.hpp>
#include <eddy/wire/line.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::later;

std::string upper(std::string_view text) {
    std::string changed(text);
    for (char& c : changed) {
        c = static_cast<char>(c - ('a' <= c && c <= 'z' ? 'a' - 'A' : 0));
    }
    return changed;
}

/// Takes as many seconds as the message says, and replies it.
task<std::string_view> wait_for(std::string_view seconds) {
    co_await sleep(std::chrono::seconds(seconds[0] - '0'));
    co_return seconds;
}

static_assert(session_handler<message_server<wire::line, decltype(&upper)>>);

TEST_CASE(
    "serve_messages: a function, answers every message in one send", "[messages][serve_messages]"
) {
    test::session_fixture f;
    f.script.feed("one\ntwo\nthree\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script& script) -> task<> {
        auto serve = serve_messages(wire::line(), upper);
        co_await serve(peer);
        co_await peer.flush();
        CHECK(script.sent == "ONE\nTWO\nTHREE\n");
        CHECK(script.writes == 1);
    });
}

TEST_CASE(
    "serve_messages: a coroutine one by one, reads the next when it has replied",
    "[messages][serve_messages]"
) {
    test::session_fixture f;
    f.script.feed("2\n1\n0\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const auto began = loop::current().now();
        auto serve = serve_messages(wire::line(), wait_for);
        co_await serve(peer);
        co_await peer.flush();
        CHECK(script.sent == "2\n1\n0\n");
        CHECK(loop::current().now() - began == 3s);
    });
}

TEST_CASE("serve_messages: several at once, replies keep the order", "[messages][serve_messages]") {
    test::session_fixture f;
    f.script.feed("5\n1\n3\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script& script) -> task<> {
        const auto began = loop::current().now();
        scope others;
        others.spawn(later(4s, [&] { CHECK(script.sent.empty()); }));
        auto serve = serve_messages(wire::line(), wait_for, {.concurrency = 3});
        co_await serve(peer);
        co_await peer.flush();
        CHECK(script.sent == "5\n1\n3\n");
        CHECK(loop::current().now() - began == 5s);
        co_await others.join();
    });
}

TEST_CASE(
    "serve_messages: as many as may be at once, reads no more until one is answered",
    "[messages][serve_messages]"
) {
    test::session_fixture f;
    f.script.read_max = 2;
    f.script.feed("5\n1\n3\n4\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(4s, [&] { CHECK(script.arrived == "3\n4\n"); }));
        auto serve = serve_messages(wire::line(), wait_for, {.concurrency = 2});
        co_await serve(peer);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == "5\n1\n3\n4\n");
    });
}

TEST_CASE(
    "serve_messages: more messages than may be at once, replies keep the order",
    "[messages][serve_messages]"
) {
    test::session_fixture f;
    f.script.feed("0\n5\n0\n3\n0\n0\n1\n");
    f.script.feed_end();

    f.run([](session& peer, test::stream_script& script) -> task<> {
        auto serve = serve_messages(wire::line(), wait_for, {.concurrency = 2});
        co_await serve(peer);
        co_await peer.flush();
        CHECK(script.sent == "0\n5\n0\n3\n0\n0\n1\n");
    });
}

TEST_CASE("serve_messages: the reader is slow, reading waits", "[messages][serve_messages]") {
    const std::size_t concurrency = GENERATE(1U, 2U);
    test::session_fixture f({.low = 2, .high = 4});
    f.script.room = 0;
    f.script.read_max = 2;
    f.script.feed("0\n0\n0\n0\n0\n0\n0\n0\n");
    f.script.feed_end();

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] {
            // Three replies are above the high watermark; as many messages as may be wait for them.
            CHECK(script.arrived.size() >= 2 * (8 - 3 - concurrency));
            script.take(1000);
        }));
        auto serve = serve_messages(wire::line(), wait_for, {.concurrency = concurrency});
        co_await serve(peer);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == "0\n0\n0\n0\n0\n0\n0\n0\n");
    });
}

TEST_CASE("serve_messages: a drain, what has begun is finished", "[messages][serve_messages]") {
    const std::size_t concurrency = GENERATE(1U, 2U);
    test::session_fixture f;
    f.script.feed("3\n1\n");

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { peer.request_drain(); }));
        auto serve = serve_messages(wire::line(), wait_for, {.concurrency = concurrency});
        co_await serve(peer);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == "3\n1\n");
    });
}

task<std::string_view> fail_at_two(std::string_view message) {
    co_await sleep(message == "1" ? 2s : 1s);
    if (message == "2") {
        throw std::runtime_error("two");
    }
    co_return message;
}

TEST_CASE(
    "serve_messages: the function throws, the replies before go out", "[messages][serve_messages]"
) {
    const std::size_t concurrency = GENERATE(1U, 3U);
    test::session_fixture f;
    f.script.feed("1\n2\n3\n");

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        auto serve = serve_messages(wire::line(), fail_at_two, {.concurrency = concurrency});
        std::string thrown;
        try {
            co_await serve(peer);
        } catch (const std::runtime_error& failure) {
            thrown = failure.what();
        }
        CHECK(thrown == "two");
        co_await peer.flush();
        CHECK(script.sent == "1\n");
    });
}

TEST_CASE(
    "serve_messages: bytes that are no message, end the session after the replies and are logged",
    "[messages][serve_messages]"
) {
    const std::size_t concurrency = GENERATE(1U, 3U);
    test::session_fixture f;
    f.script.feed("1\n2\ntoo long");
    std::string logged;
    log::set_sink(
        [](log::level, std::string_view line, void* to) { *static_cast<std::string*>(to) += line; },
        &logged
    );

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        auto serve = serve_messages(wire::line({.max = 3}), wait_for, {.concurrency = concurrency});
        co_await serve(peer);
        co_await peer.flush();
        CHECK(script.sent == "1\n2\n");
    });

    log::flush();
    log::set_sink(nullptr, nullptr);
    CHECK_THAT(logged, Catch::Contains("the message at offset 4 is longer than the maximum of 3"));
}

TEST_CASE(
    "serve_messages: a reply that cannot be sent, is the function's mistake",
    "[messages][serve_messages]"
) {
    test::session_fixture f;
    f.script.feed("x\n");

    f.run([](session& peer, test::stream_script&) -> task<> {
        auto serve = serve_messages(wire::line(), [](std::string_view) { return "two\nlines"; });
        std::string thrown;
        try {
            co_await serve(peer);
        } catch (const eddy::error& failure) {
            thrown = failure.what();
        }
        CHECK(
            thrown == "serve_messages: a reply cannot be sent: malformed at offset 3: a line does "
                      "not contain a newline"
        );
    });
}

TEST_CASE("serve_messages: nothing at once, is refused", "[messages][serve_messages]") {
    CHECK_THROWS_AS(serve_messages(wire::line(), upper, {.concurrency = 0}), std::invalid_argument);
}

byte_view same(const byte_view& message) {
    return message;
}

task<byte_view> same_later(const byte_view& message) {
    co_return message;
}

TEST_CASE("serve_messages: many messages, allocate nothing each", "[messages][serve_messages]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    const unsigned concurrency = GENERATE(0U, 1U, 4U); // zero: a plain function
    test::session_fixture f;
    f.script.sent.reserve(1'000'000);

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        std::string burst;
        for (int i = 0; i != 100; ++i) {
            burst += std::string("\0\0\0\3one", 7);
        }
        script.arrived.reserve(burst.size());
        const wire::length_prefixed codec;
        auto plain = serve_messages(codec, same);
        auto coroutine =
            serve_messages(codec, same_later, {.concurrency = std::max(concurrency, 1U)});
        scope serving;
        serving.spawn(concurrency == 0 ? plain(peer) : coroutine(peer));
        std::size_t allocated = 0;
        for (int round = 0; round != 2; ++round) { // the first one warms the caches
            const test::allocation_counter counter;
            script.feed(burst);
            co_await sleep(1s);
            allocated = counter.count();
        }
        CHECK(allocated == 0);
        CHECK(script.sent == burst + burst);
        script.feed_end();
        co_await serving.join();
    });
}

} // namespace
} // namespace eddy
