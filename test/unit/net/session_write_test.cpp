// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

TEST_CASE(
    "session: small writes, leave in one send when the handler comes to wait", "[net][session]"
) {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        for (int i = 0; i != 16; ++i) {
            const auto got19 = co_await peer.write("line\n");
            CHECK(got19);
        }
        CHECK(script.writes == 0);
        co_await yield();
        CHECK(script.writes == 1);
        CHECK(script.sent.size() == 16 * 5);
        CHECK(peer.stats().sends == 1);
    });
}

TEST_CASE("session: parts of one write, stay together and in order", "[net][session]") {
    test::session_fixture f;
    const std::string big(10'000, 'B');

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        co_await peer.write("a", "b", "c");
        co_await peer.write("head ", big, " tail");
        co_await peer.write("end");
        co_await peer.flush();
        CHECK(script.sent == "abchead " + big + " tailend");
    });
}

TEST_CASE("session: messages that fill blocks to the last byte, leave whole", "[net][session]") {
    test::session_fixture f;
    f.script.room = 0;
    constexpr std::size_t block = detail::block_pool::block_size;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        std::string expected;
        const auto post = [&](std::size_t size) {
            const std::string text(size, static_cast<char>('a' + expected.size() % 26));
            CHECK(peer.post(text));
            expected += text;
        };
        for (std::size_t header = 40; header != 72; header += 8) { // of a part of the outbox
            for (const std::size_t size : {block - header, std::size_t(0), std::size_t(1), block}) {
                post(size);
            }
        }
        co_await sleep(1s);
        CHECK(script.sent.empty());
        script.take(expected.size());
        co_await peer.flush();
        CHECK(script.sent == expected);
        CHECK(peer.held_memory() == 0);
    });
}

TEST_CASE(
    "session: the peer takes nothing, writes suspend above high and go on at low", "[net][session]"
) {
    test::session_fixture f({.low = 100, .high = 200});
    f.script.room = 0;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        unsigned written = 0;
        const auto writer = [](session& to, unsigned& count) -> task<> {
            for (int i = 0; i != 10; ++i) {
                co_await to.write(std::string(50, 'w'));
                ++count;
            }
        };
        scope others;
        others.spawn(writer(peer, written));
        co_await sleep(1s);
        CHECK(written == 4); // the fifth took the outbox above 200 and waits
        CHECK(peer.outbox_size() == 250);
        script.take(149);
        co_await sleep(1s);
        CHECK(written == 4); // 101 are left
        script.take(1);
        co_await sleep(1s);
        CHECK(written == 7);
        script.take(10'000);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == std::string(500, 'w'));
    });
}

TEST_CASE(
    "session: large writes, are sent from where they are and wait until taken", "[net][session]"
) {
    test::session_fixture f;
    const std::string big(20'000, 'L');
    f.script.room = 5'000;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        bool done = false;
        const auto writer = [](session& to, const std::string& bytes, bool& finished) -> task<> {
            const auto got20 = co_await to.write(bytes);
            CHECK(got20);
            finished = true;
        };
        scope others;
        others.spawn(writer(peer, big, done));
        co_await peer.write("after");
        co_await sleep(1s);
        CHECK_FALSE(done);
        script.take(14'999);
        co_await sleep(1s);
        CHECK_FALSE(done);
        script.take(1'000'000);
        co_await others.join();
        co_await peer.flush();
        CHECK(script.sent == big + "after");
    });
}

TEST_CASE(
    "session: a large write is cancelled, whole when begun and gone when not", "[net][session]"
) {
    const auto taken = GENERATE(std::size_t(0), 5'000);
    const auto how = GENERATE(as<std::string>(), "stop", "destroy");
    test::session_fixture f;
    f.script.room = taken;
    const std::string big(20'000, 'L');

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        const auto writer = [](session& to, std::string bytes) -> task<> {
            co_await to.write(bytes);
        };
        scope others;
        others.spawn(writer(peer, big));
        co_await peer.write("next");
        if (how == "stop") {
            others.request_stop();
            co_await others.join();
        } else {
            others.destroy_all();
        }
        script.take(1'000'000);
        co_await peer.flush();
        CHECK(script.sent == (taken == 0 ? "next" : big + "next"));
    });
}

TEST_CASE(
    "session: a write fails, the session is dead and the next read says so", "[net][session]"
) {
    test::session_fixture f;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        script.fail_writes(errc::reset);
        const auto got21 = co_await peer.write("lost");
        CHECK(got21); // into the outbox
        co_await yield();
        const auto got22 = co_await peer.read();
        CHECK(got22.error() == errc::reset);
        const auto got23 = co_await peer.write("more");
        CHECK(got23.error() == errc::reset);
        const auto got24 = co_await peer.flush();
        CHECK(got24.error() == errc::reset);
        CHECK(peer.outbox_size() == 0);
    });
}

TEST_CASE(
    "session: the transport breaks under a reader and suspended writers, all are told",
    "[net][session]"
) {
    test::session_fixture f({.low = 10, .high = 20});
    f.script.room = 0;

    f.run([](session& peer, test::stream_script& script) -> task<> {
        std::vector<error_code> seen;
        const auto reader = [](session& from, std::vector<error_code>& out) -> task<> {
            out.push_back((co_await from.read()).error());
        };
        const auto writer = [](session& to, std::size_t size, std::vector<error_code>& out
                            ) -> task<> {
            out.push_back((co_await to.write(std::string(size, 'x'))).error());
        };
        scope others;
        others.spawn(reader(peer, seen));
        others.spawn(writer(peer, 30, seen));
        others.spawn(writer(peer, 30'000, seen));
        script.fail_writes(errc::reset);
        co_await others.join();
        CHECK(seen == std::vector<error_code>(3, errc::reset));
    });
}

} // namespace
} // namespace eddy
