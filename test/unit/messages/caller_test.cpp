// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/messages/caller.hpp>
#include <eddy/wire/length_prefixed.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace eddy {
namespace {

using test::later;

/// Messages of two letters and more; the first is the number.
struct numbered : wire::length_prefixed {
    numbered() : length_prefixed({.length = wire::prefix::u8, .min = 1, .max = 10}) {}
    [[nodiscard]] std::uint64_t id_of(byte_view numbered_text) const noexcept {
        return static_cast<std::uint64_t>(numbered_text.text()[0] - '0');
    }
};

task<>
ask(caller<numbered>& calls, std::string question, std::vector<std::string>& heard, deadline limit
) {
    const auto answer = co_await calls.call(question, limit);
    heard.push_back(answer ? std::string((*answer)->text()) : answer.error().message());
}

TEST_CASE("caller: answers in another order, each finds its question", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        scope asking;
        asking.spawn(ask(calls, "1a", heard, deadline::never()));
        asking.spawn(ask(calls, "2b", heard, deadline::never()));
        asking.spawn(ask(calls, "3c", heard, deadline::never()));
        asking.spawn(later(1s, [&] {
            CHECK(script.sent == "\0021a\0022b\0023c");
            CHECK(script.writes == 1);
            script.feed("\0023C\0021A\0022B");
        }));
        co_await asking.join();
        CHECK(heard == std::vector{"3C"s, "1A"s, "2B"s});
        CHECK(calls.unmatched() == 0);
    });
}

TEST_CASE(
    "caller: the answer is late, the call times out and the answer is dropped", "[messages][caller]"
) {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        scope asking;
        asking.spawn(ask(calls, "1a", heard, within(1s)));
        asking.spawn(ask(calls, "2b", heard, within(5s)));
        asking.spawn(later(2s, [&] { script.feed("\0021A\0022B"); }));
        co_await asking.join();
        CHECK(heard == std::vector{"timed out"s, "2B"s});
        CHECK(calls.unmatched() == 1);
    });
}

TEST_CASE("caller: the stream ends, so do all calls and every later one", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        scope asking;
        asking.spawn(ask(calls, "1a", heard, deadline::never()));
        asking.spawn(ask(calls, "2b", heard, deadline::never()));
        asking.spawn(later(1s, [&] { script.feed_end(); }));
        co_await asking.join();
        asking.spawn(ask(calls, "3c", heard, deadline::never()));
        co_await asking.join();
        CHECK(heard == std::vector(3, "end of stream"s));
    });
}

TEST_CASE("caller: stopped, the other calls go on", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        scope stopped;
        scope asking;
        stopped.spawn(ask(calls, "1a", heard, deadline::never()));
        asking.spawn(ask(calls, "2b", heard, deadline::never()));
        asking.spawn(later(1s, [&] { stopped.request_stop(); }));
        asking.spawn(later(2s, [&] { script.feed("\0022B"); }));
        co_await stopped.join();
        co_await asking.join();
        CHECK(heard == std::vector{"cancelled"s, "2B"s});
    });
}

TEST_CASE("caller: destroyed where it waits, the answer is dropped", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        {
            scope asking;
            asking.spawn(ask(calls, "1a", heard, within(1s)));
        }
        script.feed("\0021A");
        co_await sleep(2s);
        CHECK(heard.empty());
        CHECK(calls.unmatched() == 1);
    });
}

TEST_CASE("caller: malformed answers, end the calls and tell why", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        caller<numbered> calls(peer);
        std::vector<std::string> heard;
        scope asking;
        asking.spawn(ask(calls, "1a", heard, deadline::never()));
        asking.spawn(later(1s, [&] { script.feed("\xFF"); }));
        co_await asking.join();
        CHECK(heard == std::vector{"message longer than allowed"s});
        CHECK(calls.refusal().to_string() == "length 255 at offset 0 is above the maximum of 10");
    });
}

TEST_CASE("caller: asked for numbers, gives each once", "[messages][caller]") {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script&) -> task<> {
        caller<numbered> calls(peer);
        CHECK(calls.next_id() == 1);
        CHECK(calls.next_id() == 2);
        co_return;
    });
}

} // namespace
} // namespace eddy
