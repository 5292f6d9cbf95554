// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/relay.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

/// Two sessions on scripts and a relay between them.
class relay_fixture {
public:
    using body = std::function<task<>(relay_fixture&)>;

    explicit relay_fixture(const session_limits& of_both = {}) : relay_fixture(of_both, of_both) {}
    relay_fixture(const session_limits& of_first, const session_limits& of_second)
        : limits_of_first_(of_first), limits_of_second_(of_second) {}

    void run(const body& test) {
        const auto main = [](relay_fixture& self, const body& inner) -> task<> {
            self.first.emplace(
                std::make_unique<test::scripted_stream>(self.a), self.limits_of_first_
            );
            self.second.emplace(
                std::make_unique<test::scripted_stream>(self.b), self.limits_of_second_
            );
            co_await inner(self);
            self.first.reset();
            self.second.reset();
        };
        loop->run(main(*this, test));
    }

    /// From now on the two can pass bytes on by a pipe.
    void make_spliceable() { a.can_splice = b.can_splice = true; }

    /// Begins to relay; `report` is there at the end.
    void start(relay_options options = {}) {
        const auto relaying = [](relay_fixture& self, relay_options with) -> task<> {
            self.report = co_await relay(*self.first, *self.second, with);
        };
        tasks.spawn(relaying(*this, options));
    }

    test::manual_loop loop;
    test::stream_script a;
    test::stream_script b;
    std::optional<session> first;
    std::optional<session> second;
    std::optional<relay_report> report;
    scope tasks;

private:
    session_limits limits_of_first_;
    session_limits limits_of_second_;
};

TEST_CASE("relay: both sides talk and end, all is passed on and counted", "[net][relay]") {
    relay_fixture both;

    both.run([](relay_fixture& f) -> task<> {
        f.a.feed("question");
        f.b.feed("answer!");
        f.a.feed_end();
        f.b.feed_end();
        f.start();
        co_await f.tasks.join();

        CHECK(f.b.sent == "question");
        CHECK(f.a.sent == "answer!");
        CHECK(f.a.has_fin);
        CHECK(f.b.has_fin);
        CHECK_FALSE(f.a.is_reset);
        CHECK(f.report->to_second == 8);
        CHECK(f.report->to_first == 7);
        CHECK(f.report->spliced == 0);
        CHECK_FALSE(f.report->error);
        CHECK(f.report->failed == relay_side::none);
    });
}

TEST_CASE("relay: one side ends, the other direction goes on", "[net][relay]") {
    relay_fixture both;
    const bool is_first = GENERATE(true, false);

    both.run([&](relay_fixture& f) -> task<> {
        auto& ends = is_first ? f.a : f.b;
        auto& stays = is_first ? f.b : f.a;
        f.start();
        ends.feed("last words");
        ends.feed_end();
        co_await yield();
        CHECK(stays.sent == "last words");
        CHECK(stays.has_fin);
        CHECK_FALSE(ends.has_fin);
        co_await sleep(1h);
        stays.feed("much later");
        co_await sleep(1s);
        CHECK(ends.sent == "much later");
        CHECK_FALSE(f.report);
        stays.feed_end();
        co_await f.tasks.join();
        CHECK(ends.has_fin);
        CHECK_FALSE(f.report->error);
    });
}

TEST_CASE("relay: bytes in inboxes and outboxes, go first and in order", "[net][relay]") {
    relay_fixture both;
    const auto splice = GENERATE(splicing::never, splicing::always);

    both.run([&](relay_fixture& f) -> task<> {
        f.make_spliceable();
        f.b.room = 0;
        f.a.feed("HELLO rest, ");
        const auto greeting = co_await f.first->read_exactly(5);
        CHECK(greeting.has_value());
        co_await f.second->write("header ");
        f.start({.splice = splice});
        f.a.feed("and more");
        f.a.feed_end();
        f.b.feed_end();
        co_await sleep(1s);
        CHECK(f.b.sent.empty());
        f.b.take(1'000);
        co_await f.tasks.join();

        CHECK(f.b.sent == "header  rest, and more");
        CHECK(f.report->spliced == (splice == splicing::always ? 8 : 0));
    });
}

TEST_CASE("relay: much at once, goes through a pipe until it is silent", "[net][relay]") {
    relay_fixture both;
    constexpr std::size_t much = 1'000'000;

    both.run([&](relay_fixture& f) -> task<> {
        f.make_spliceable();
        f.a.feed(std::string(much, 'x'));
        f.start();
        co_await sleep(2s);
        CHECK(f.b.sent.size() == much);
        f.a.feed(std::string(40'000, 'y'));
        f.a.feed_end();
        f.b.feed_end();
        co_await f.tasks.join();

        CHECK(f.b.sent == std::string(much, 'x') + std::string(40'000, 'y'));
        CHECK(f.report->to_second == much + 40'000);
        CHECK(f.report->spliced >= much - 64UL * 1024 - 16'384);
        CHECK(f.report->spliced <= much);
    });
}

TEST_CASE("relay: the reader is slow, the sender waits and little memory is held", "[net][relay]") {
    relay_fixture both;

    both.run([](relay_fixture& f) -> task<> {
        constexpr std::size_t much = 1'000'000;
        f.b.room = 0;
        f.start();
        f.a.feed(std::string(much, 'x'));
        co_await sleep(1s);
        CHECK(f.a.arrived.size() >= much - detail::block_pool::block_size);
        CHECK(f.first->held_memory() + f.second->held_memory() <= 64UL * 1024);
        f.b.take(much);
        f.a.feed_end();
        f.b.feed_end();
        co_await f.tasks.join();

        CHECK(f.b.sent == std::string(much, 'x'));
        CHECK(f.report->to_second == much);
    });
}

TEST_CASE("relay: both have ended, it waits until their last words are taken", "[net][relay]") {
    relay_fixture both;
    const auto end = GENERATE(error_code(), make_error_code(errc::reset));

    both.run([&](relay_fixture& f) -> task<> {
        f.b.room = 0;
        f.start();
        f.a.feed("last words");
        f.a.feed_end();
        f.b.feed_end();
        co_await sleep(1s);
        CHECK_FALSE(f.report);
        CHECK_FALSE(f.b.has_fin);
        if (end) {
            f.b.fail_writes(end);
        } else {
            f.b.take(100);
        }
        co_await f.tasks.join();

        CHECK(f.b.sent == (end ? "" : "last words"));
        CHECK(f.report->error == end);
        CHECK(f.a.is_reset == static_cast<bool>(end));
    });
}

TEST_CASE("relay: one side breaks, both are aborted and the report names it", "[net][relay]") {
    relay_fixture both;
    const bool is_first = GENERATE(true, false);
    const bool by_write = GENERATE(true, false);

    both.run([&](relay_fixture& f) -> task<> {
        auto& breaks = is_first ? f.a : f.b;
        auto& other = is_first ? f.b : f.a;
        f.start();
        if (by_write) {
            breaks.fail_writes(errc::reset);
            other.feed("into the void");
        } else {
            breaks.feed_end(errc::reset);
        }
        co_await f.tasks.join();

        CHECK(other.is_reset);
        CHECK(breaks.is_reset);
        CHECK(f.report->error == errc::reset);
        CHECK(f.report->failed == (is_first ? relay_side::first : relay_side::second));
    });
}

TEST_CASE("relay: stopped, loses nothing and leaves the sessions usable", "[net][relay]") {
    relay_fixture both;
    const std::size_t size = GENERATE(100U, 5'000U, 40'000U); // copied, lent, more than a block
    const std::size_t taken = GENERATE(0U, 50U);
    const auto splice = GENERATE(splicing::never, splicing::always);

    both.run([&](relay_fixture& f) -> task<> {
        f.make_spliceable();
        f.b.room = taken;
        f.start({.splice = splice});
        f.a.feed(std::string(size, 'x'));
        co_await sleep(1s);
        f.tasks.request_stop();
        co_await f.tasks.join();
        CHECK(f.report->error == errc::cancelled);
        CHECK(f.report->failed == relay_side::none);

        f.b.take(1'000'000);
        f.a.feed("y");
        std::size_t rest = size - f.report->to_second + 1;
        while (rest != 0) {
            const auto data = co_await f.first->read();
            rest -= data->size();
            co_await f.second->write(*data);
        }
        co_await f.second->flush();
        CHECK(f.b.sent == std::string(size, 'x') + 'y');
        CHECK_FALSE(f.b.is_reset);
        f.b.feed("back");
        const auto back = co_await f.second->read();
        CHECK(byte_view(*back).text() == "back");
    });
}

TEST_CASE("relay: a drain, ends it when it has been quiet for a while", "[net][relay]") {
    relay_fixture both;
    const bool has_ended = GENERATE(false, true); // the side that is asked to end
    const bool is_first = GENERATE(true, false);

    both.run([&](relay_fixture& f) -> task<> {
        auto& asked = is_first ? *f.first : *f.second;
        auto& busy = is_first ? f.b : f.a;
        f.start({.drain_quiet = 2s});
        if (has_ended) {
            (is_first ? f.a : f.b).feed_end();
        }
        co_await sleep(1h);
        asked.request_drain();
        for (int i = 0; i != 3; ++i) {
            co_await sleep(1500ms);
            busy.feed("more");
        }
        co_await sleep(1900ms);
        CHECK_FALSE(f.report);
        co_await sleep(200ms);
        CHECK(f.report.has_value());
        co_await f.tasks.join();

        CHECK(f.report->error == errc::draining);
        CHECK(f.report->to_first + f.report->to_second == 12);
        CHECK(f.a.has_fin);
        CHECK(f.b.has_fin);
        CHECK_FALSE(f.a.is_reset);
        CHECK_FALSE(f.b.is_reset);
    });
}

TEST_CASE("relay: a drain while a reader is slow, waits until it has all", "[net][relay]") {
    relay_fixture both;

    both.run([](relay_fixture& f) -> task<> {
        f.b.room = 0;
        f.start();
        f.a.feed("slowly");
        f.first->request_drain();
        co_await sleep(1h);
        CHECK_FALSE(f.report);
        f.b.take(100);
        co_await f.tasks.join();

        CHECK(f.b.sent == "slowly");
        CHECK(f.report->error == errc::draining);
    });
}

TEST_CASE("relay: a deadline ends one side, the other ends in kind", "[net][relay]") {
    const bool is_slow = GENERATE(false, true);
    relay_fixture both({.deadlines = {.idle = 60s, .write_stall = 30s}});

    both.run([&](relay_fixture& f) -> task<> {
        f.start();
        if (is_slow) {
            f.b.room = 0;
            f.a.feed("nobody takes it");
        }
        co_await f.tasks.join();

        CHECK(f.report->error == errc::closed);
        if (is_slow) {
            CHECK(f.second->ended_by() == close_reason::slow_reader);
            CHECK(f.report->failed == relay_side::second);
            CHECK(f.a.is_reset);
        } else {
            CHECK(f.first->ended_by() == close_reason::idle);
            CHECK(f.a.has_fin);
            CHECK(f.b.has_fin);
            CHECK_FALSE(f.b.is_reset);
        }
    });
}

TEST_CASE("relay: a deadline that one side alone has, ends the other in kind", "[net][relay]") {
    const session_limits patient;
    const session_limits hasty{.deadlines = {.idle = 60s}};
    const bool is_first = GENERATE(true, false);
    relay_fixture both(is_first ? hasty : patient, is_first ? patient : hasty);

    both.run([&](relay_fixture& f) -> task<> {
        const auto& other = is_first ? f.b : f.a;
        f.start();
        co_await f.tasks.join();

        CHECK(f.report->failed == (is_first ? relay_side::first : relay_side::second));
        CHECK(other.has_fin);
        CHECK_FALSE(other.is_reset);
    });
}

TEST_CASE("relay: destroyed while it waits, closes nothing", "[net][relay]") {
    relay_fixture both;

    both.run([](relay_fixture& f) -> task<> {
        f.b.room = 0;
        f.start();
        f.a.feed(std::string(100'000, 'x'));
        co_await sleep(1s);
        f.tasks.destroy_all();
        co_await yield();
        CHECK(f.first->is_open());
        CHECK(f.second->is_open());
    });
}

} // namespace
} // namespace eddy
