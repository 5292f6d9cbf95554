// SPDX-License-Identifier: BSL-1.0
#include "server/shard.hpp"

#include <eddy/core/sleep.hpp>

#include "server/server_state.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_stream.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

// What loops write for themselves is on cache lines of their own, also in an array or side by side
// on the heap.
static_assert(alignof(shard) == cache_line && sizeof(shard) % cache_line == 0);
static_assert(alignof(listener_counts) == cache_line);
static_assert(sizeof(listener_counts) % cache_line == 0);

/// One loop's part of a server, with a listener that never listened.
struct shard_fixture {
    explicit shard_fixture(handler what, server_config config = {})
        : whole(std::move(config), &*loop), from("tcp://127.0.0.1:0", std::move(what), {}),
          tested(whole, *loop, anchor) {}

    /// As from another loop of the server.
    void hand_over(test::stream_script& script) {
        tested.begin(from, std::make_unique<test::scripted_stream>(script), work_token(whole));
    }
    void drain() {
        loop->post([this] { tested.drain(); });
    }

    test::manual_loop loop;
    server_state whole;
    std::shared_ptr<server_state*> anchor = std::make_shared<server_state*>(&whole);
    listener from;
    shard tested;
};

TEST_CASE("shard: a session comes to a loop that drains already, told at once", "[server][shard]") {
    bool was_told = false;
    shard_fixture fixture([&was_told](session& peer) -> task<> {
        was_told = peer.is_draining();
        co_return;
    });
    test::stream_script before;
    test::stream_script after;

    fixture.hand_over(before);
    fixture.loop->run();
    CHECK_FALSE(was_told);
    fixture.drain();
    fixture.hand_over(after);
    fixture.loop->run();

    CHECK(was_told);
    CHECK(fixture.from.report().accepted == 2);
    CHECK(fixture.from.report().idle_closed == 1);
}

TEST_CASE("shard: what a session was sent before it came to a draining loop, is served") {
    shard_fixture fixture([](session& peer) -> task<> {
        while (auto bytes = co_await peer.read()) {
            co_await peer.write(*bytes);
        }
    });
    test::stream_script script;
    script.feed("hello");

    fixture.drain();
    fixture.hand_over(script);
    fixture.loop->run();

    CHECK(script.sent == "hello");
    CHECK(script.has_fin);
}

TEST_CASE("shard: a session has bytes to send when a drain comes, is told and not idle") {
    shard_fixture fixture(
        [](session& peer) -> task<> {
            peer.post("for somebody who is slow");
            co_await peer.read();
        },
        {.drain_idle_grace = 10s}
    );
    test::stream_script script;
    script.room = 0;
    fixture.hand_over(script);
    fixture.drain();
    fixture.loop->run();

    CHECK(fixture.from.report().finished == 1);
    CHECK(fixture.from.report().idle_closed == 0);
}

TEST_CASE("shard: a session begins, what its loop does next is not on its account") {
    std::string during;
    shard_fixture fixture([&during](session& peer) -> task<> {
        during = loop::current().activity().look().owner.listener;
        co_await peer.read();
    });
    test::stream_script script;
    std::string afterwards;

    fixture.loop->post([&] {
        auto& activity = fixture.loop->activity();
        activity.begin({"accepting", 0}, {});
        fixture.hand_over(script);
        afterwards = activity.look().owner.listener;
    });
    fixture.loop->run();

    CHECK(during == "tcp://127.0.0.1:0");
    CHECK(afterwards == "accepting");
}

TEST_CASE("shard: a session comes to a loop that was forced, dropped", "[server][shard]") {
    bool was_served = false;
    shard_fixture fixture([&was_served](session&) -> task<> {
        was_served = true;
        co_return;
    });
    test::stream_script script;

    fixture.loop->post([&] { fixture.tested.force(); });
    fixture.hand_over(script);
    fixture.loop->run();

    CHECK_FALSE(was_served);
    CHECK(script.is_closed);
}

TEST_CASE("shard: a session comes to a loop that was stopped, stopped too", "[server][shard]") {
    std::error_code told;
    shard_fixture fixture([&told](session& peer) -> task<> {
        const auto bytes = co_await peer.read();
        told = bytes.error();
    });
    test::stream_script script;

    fixture.loop->post([&] { fixture.tested.request_stop(); });
    fixture.hand_over(script);
    fixture.loop->run();

    CHECK(told == errc::cancelled);
    CHECK(fixture.from.sum(&listener_counts::forced) == 1);
    CHECK(script.is_closed);
}

TEST_CASE("shard: a handler throws before it is a coroutine, only its session ends") {
    const auto refuse = [](session&) -> task<> { throw std::runtime_error("not today"); };
    shard_fixture fixture(refuse);
    test::stream_script script;

    fixture.hand_over(script);
    fixture.loop->run();

    CHECK(fixture.from.sum(&listener_counts::failed) == 1);
    CHECK(script.is_closed);
}

TEST_CASE("shard: many sessions, no more than 64 are told in one turn", "[server][shard]") {
    unsigned told = 0;
    const auto grace = GENERATE(0ns, duration(1s)); // told as they come, or when the grace is over
    server_config config;
    config.drain_idle_grace = grace;
    std::vector<test::stream_script> scripts(200);
    shard_fixture fixture(
        [&told](session& peer) -> task<> {
            co_await peer.on_drain();
            ++told;
        },
        config
    );
    for (auto& each : scripts) {
        fixture.hand_over(each);
    }
    fixture.loop->turn();
    fixture.drain();

    unsigned turns = 0;
    unsigned most = 0;
    for (; told != 200 && turns != 1000; ++turns) {
        const auto before = told;
        fixture.loop->turn();
        most = std::max(most, told - before);
        fixture.loop.engine().advance(turns == 10 ? grace : 1ns);
    }

    CHECK(told == 200);
    CHECK(most <= 64);
}

TEST_CASE("shard: forced before all are told of a drain, every one is reset", "[server][shard]") {
    std::vector<test::stream_script> scripts(200);
    shard_fixture fixture([](session& peer) -> task<> { (void)co_await peer.read(); });
    for (auto& each : scripts) {
        fixture.hand_over(each);
    }
    fixture.loop->turn();
    fixture.drain();
    fixture.loop->post([&] { fixture.tested.force(); });
    fixture.loop->run();

    CHECK(fixture.from.report().forced == 200);
    CHECK(std::all_of(scripts.begin(), scripts.end(), [](const auto& each) {
        return each.is_reset;
    }));
}

} // namespace
} // namespace eddy::detail
