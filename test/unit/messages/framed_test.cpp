// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/messages/framed.hpp>
#include <eddy/wire/length_prefixed.hpp>
#include <eddy/wire/line.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace eddy {
namespace {

using test::later;

wire::length_prefixed short_messages() {
    return wire::length_prefixed({.length = wire::prefix::u16, .max = 10});
}

TEST_CASE("framed: messages in any segmentation, are read one by one", "[messages][framed]") {
    const auto segment = GENERATE(std::size_t(1), 2, 3, 5, 100);
    test::session_fixture f;
    f.script.read_max = segment;
    f.script.feed("\0\3one\0\0\0\5three"s);
    f.script.feed_end();

    f.run([](session& peer, test::stream_script&) -> task<> {
        framed messages(peer, short_messages());
        std::vector<std::string> read;
        std::vector<std::string> raw;
        error_code end;
        for (;;) {
            const auto message = co_await messages.read();
            if (!message) {
                end = message.error();
                break;
            }
            read.emplace_back(message->text());
            raw.push_back(test::text_of(messages.raw()));
        }
        CHECK(read == std::vector{"one"s, ""s, "three"s});
        CHECK(raw == std::vector{"\0\3one"s, "\0\0"s, "\0\5three"s});
        CHECK(end == errc::end_of_stream);
        CHECK_FALSE(messages.refusal());
    });
}

/// A codec with a mistake: it does not look whether what it takes has arrived.
struct careless_codec {
    using message = byte_view;
    wire::decoded<message> decode(std::span<const std::byte> arrived) const noexcept {
        return {byte_view(arrived), size};
    }
    std::size_t size;
};

TEST_CASE("framed: a codec takes bytes that are not there, the read throws", "[messages][framed]") {
    const auto size = GENERATE(std::size_t(0), 4, SIZE_MAX);
    test::session_fixture f;
    f.script.feed("abc");

    f.run([size](session& peer, test::stream_script&) -> task<> {
        framed messages(peer, careless_codec{size});
        bool has_thrown = false;
        try {
            static_cast<void>(co_await messages.read());
        } catch (const std::logic_error&) {
            has_thrown = true;
        }
        CHECK(has_thrown);
    });
}

TEST_CASE("framed: the stream ends in a message, it is truncated", "[messages][framed]") {
    test::session_fixture f;
    f.script.feed("\0\3on"s);
    f.script.feed_end();

    f.run([](session& peer, test::stream_script&) -> task<> {
        framed messages(peer, short_messages());
        const auto message = co_await messages.read();
        CHECK(message.error() == errc::truncated);
        const auto rest = co_await peer.read();
        CHECK(test::text_of(*rest) == "\0\3on"s);
    });
}

TEST_CASE(
    "framed: a length above the maximum, is refused before the message comes", "[messages][framed]"
) {
    test::session_fixture f;
    f.script.feed("\0\2ok\xFF\xFF"s);

    f.run([](session& peer, test::stream_script&) -> task<> {
        framed messages(peer, short_messages());
        const auto first = co_await messages.read();
        CHECK(first->text() == "ok");
        for (int i = 0; i != 2; ++i) {
            const auto refused = co_await messages.read();
            CHECK(refused.error() == errc::too_long);
            CHECK(
                messages.refusal().to_string() ==
                "length 65535 at offset 4 is above the maximum of 10"
            );
        }
    });
}

TEST_CASE("framed: a message that cannot be sent, is refused whole", "[messages][framed]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        framed messages(peer, wire::line());
        const auto refused = co_await messages.write("two\nlines");
        CHECK(refused.error() == errc::malformed);
        CHECK(messages.refusal().offset() == 3);
        const auto sent = co_await messages.write("one line");
        CHECK(sent);
        co_await peer.flush();
        CHECK(script.sent == "one line\n");
    });
}

TEST_CASE("framed: pipelined messages, are answered by one send", "[messages][framed]") {
    test::session_fixture f;
    f.script.feed("\0\1a\0\1b\0\1c"s);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { script.feed_end(); }));
        framed messages(peer, short_messages());
        while (const auto message = co_await messages.read()) {
            co_await messages.write(*message);
        }
        co_await others.join();
        CHECK(script.sent == "\0\1a\0\1b\0\1c"s);
        CHECK(script.writes == 1);
    });
}

TEST_CASE(
    "framed: a large message, is sent with its frame from where it is", "[messages][framed]"
) {
    const std::string large(100'000, 'x');
    test::session_fixture f;
    f.script.room = 10;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] {
            CHECK(peer.outbox_size() == large.size() + 4 - 10);
            script.take(SIZE_MAX / 2);
        }));
        framed messages(peer, wire::length_prefixed({.max = large.size()}));
        const auto sent = co_await messages.write(large);
        CHECK(sent);
        co_await others.join();
        CHECK(script.sent == "\0\1\x86\xA0"s + large);
        CHECK(script.writes == 2);
    });
}

TEST_CASE(
    "framed: the deadline of a read passes, the message can still be read", "[messages][framed]"
) {
    test::session_fixture f;
    f.script.feed("\0\3on"s);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        framed messages(peer, short_messages());
        const auto late = co_await messages.read(within(1s));
        CHECK(late.error() == errc::timed_out);
        script.feed("e");
        const auto message = co_await messages.read();
        CHECK(message->text() == "one");
    });
}

TEST_CASE(
    "framed: a message takes too long, the session's frame deadline ends it", "[messages][framed]"
) {
    test::session_fixture f({.deadlines = {.frame = 3s}});

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(10s, [&] { script.feed("\0\3one"s); })); // no message has begun
        others.spawn(later(11s, [&] { script.feed("\0\3"s); }));
        others.spawn(later(13s, [&] { script.feed("tw"); }));
        framed messages(peer, short_messages());
        const auto message = co_await messages.read();
        CHECK(message->text() == "one");
        const auto ended = co_await messages.read();
        CHECK(ended.error() == errc::closed);
        CHECK(peer.ended_by() == close_reason::frame);
        co_await others.join();
    });
}

TEST_CASE("framed: a drain, ends between messages and not in one", "[messages][framed]") {
    test::session_fixture f;
    f.script.feed("\0\3on"s);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { peer.request_drain(); }));
        others.spawn(later(2s, [&] { script.feed("e"); }));
        framed messages(peer, short_messages());
        const auto message = co_await messages.read();
        CHECK(message->text() == "one");
        const auto end = co_await messages.read();
        CHECK(end.error() == errc::draining);
        co_await others.join();
    });
}

TEST_CASE(
    "framed: the session is closed when the message was found, gives closed", "[messages][framed]"
) {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] {
            script.feed("\0\3one"s); // the reader is on its way, and meanwhile
            peer.abort();
        }));
        framed messages(peer, short_messages());
        const auto message = co_await messages.read();
        CHECK(message.error() == errc::closed);
        co_await others.join();
    });
}

TEST_CASE("framed: many messages, allocate nothing each", "[messages][framed]") {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    test::session_fixture f;
    f.script.sent.reserve(1'000'000);
    f.script.arrived.reserve(1'000'000);

    f.run([](session& peer, test::stream_script& script) -> task<> {
        framed messages(peer, short_messages());
        std::size_t allocated = 0;
        for (int round = 0; round != 2; ++round) { // the first one warms the caches
            const test::allocation_counter counter;
            for (int i = 0; i != 1000; ++i) {
                script.feed("\0\3one"s);
                const auto message = co_await messages.read();
                co_await messages.write(*message);
                co_await peer.flush();
            }
            allocated = counter.count();
        }
        CHECK(allocated == 0);
    });
}

/// A codec of one's own: a digit is a message, and is sent in angle brackets.
struct digits {
    using message = int;

    wire::decoded<int> decode(std::span<const std::byte> arrived) noexcept {
        const int value = static_cast<int>(arrived[0]) - '0';
        if (value < 0 || value > 9) {
            return wire::refusal::malformed(0, "a message is a digit");
        }
        return {value, 1};
    }
    wire::encoded encode(int value) const {
        return wire::frame{
            .head = wire::small_bytes("<" + std::to_string(value)), .tail = wire::small_bytes(">")
        };
    }
};

TEST_CASE("framed: a codec of one's own, speaks in its messages", "[messages][framed]") {
    test::session_fixture f;
    f.script.feed("12x");

    f.run([](session& peer, test::stream_script& script) -> task<> {
        framed<digits> messages(peer);
        const auto one = co_await messages.read();
        const auto two = co_await messages.read();
        co_await messages.write(*one + *two);
        const auto refused = co_await messages.read();
        CHECK(refused.error() == errc::malformed);
        CHECK(messages.refusal().to_string() == "malformed at offset 2: a message is a digit");
        co_await peer.flush();
        CHECK(script.sent == "<3>");
    });
}

} // namespace
} // namespace eddy
