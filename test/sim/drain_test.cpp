// SPDX-License-Identifier: BSL-1.0
// The phases of a drain, in virtual time; drain_policy_test has the table.
#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/log_lines.hpp"
#include "sim/raw_operations.hpp"

#include <coroutine>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::duration;
using eddy::errc;
using eddy::task;
using eddy::time_point;
namespace sim = eddy::sim;

/// On a calm network a packet is there in less.
constexpr duration moment = 200ms;

task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

/// Answers three seconds after it was asked.
task<> slow_echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await eddy::sleep(3s);
        co_await peer.write(*bytes);
    }
}

/// A server in a calm world, and clients who remember how they ended.
class drained_world {
public:
    explicit drained_world(const eddy::server_config& config, eddy::handler what = echo)
        : world_(calm()), host_(world_.add_host("server")), client_(world_.add_host("client")),
          server_(host_.loop(), config) {
        eddy::listen_options options;
        options.limits.deadlines = {}; // silence ends nobody here
        server_.serve("tcp://0.0.0.0:7", std::move(what), options);
        server_.start();
    }

    struct outcome {
        eddy::error_code ended_by;
        duration after{}; ///< Since the drain was asked for.
        std::string heard;
    };

    /// Connects after `delay`, says `text` after `silence` and listens to the end.
    void add_client(duration delay, duration silence = {}, const std::string& text = {}) {
        client_.spawn(talk(outcomes_, begin_, delay, silence, text));
    }

    void run_for(duration time) { world_.run_for(time); }
    void request_drain() {
        begin_ = host_.now();
        server_.request_drain();
    }
    /// How long the drain took.
    duration finish() {
        host_.run(server_.stopped());
        const auto ended = host_.now();
        world_.run();
        return ended - begin_;
    }

    eddy::server& server() { return server_; }
    eddy::listener_report report() { return server_.report().listeners.front(); }
    /// In the order in which they ended.
    std::vector<outcome>& outcomes() { return outcomes_; }

private:
    static sim::world_options calm() {
        sim::world_options options;
        options.profile = sim::profile::calm();
        return options;
    }

    static task<> talk(
        std::vector<outcome>& outcomes,
        time_point& begin,
        duration delay,
        duration silence,
        std::string text
    ) {
        co_await eddy::sleep(delay);
        outcome mine;
        auto connected = co_await eddy::connect("tcp://10.0.0.1:7");
        if (!connected) {
            mine.ended_by = connected.error();
        } else {
            co_await eddy::sleep(silence);
            co_await connected->write(text);
            while (!mine.ended_by) {
                const auto bytes = co_await connected->read();
                if (bytes) {
                    mine.heard += raw::text_of(*bytes);
                } else {
                    mine.ended_by = bytes.error();
                }
            }
        }
        mine.after = eddy::loop_clock::now() - begin;
        outcomes.push_back(mine);
    }

    std::vector<outcome> outcomes_;
    time_point begin_;
    sim::world world_;
    sim::host& host_;
    sim::host& client_;
    eddy::server server_;
};

eddy::server_config config_with(duration delay, duration grace, duration spread) {
    eddy::server_config config;
    config.drain_delay = delay;
    config.drain_idle_grace = grace;
    config.drain_spread = spread;
    config.drain_timeout = 60s;
    return config;
}

TEST_CASE("drain: a lame duck, not ready but accepts until its time is up", "[sim][drain]") {
    drained_world tested(config_with(10s, 0s, 0s));
    CHECK_FALSE(tested.server().is_ready()); // its loop has not run yet
    tested.run_for(1s);
    CHECK(tested.server().is_ready());
    tested.add_client(0s);
    tested.add_client(5s, 1s, "late");
    tested.run_for(1s);

    tested.request_drain();
    tested.run_for(moment);
    CHECK_FALSE(tested.server().is_ready());
    const auto took = tested.finish();

    CHECK(took >= 10s);
    CHECK(took < 10s + moment * 5);
    REQUIRE(tested.outcomes().size() == 2);
    for (const auto& each : tested.outcomes()) {
        CHECK(each.ended_by == errc::end_of_stream);
        CHECK(each.after >= 10s);
    }
    CHECK(tested.outcomes()[0].heard + tested.outcomes()[1].heard == "late");
    CHECK(tested.report().accepted == 2);
    CHECK(tested.report().idle_closed == 2);
}

TEST_CASE("drain: after the delay, new clients are refused", "[sim][drain]") {
    drained_world tested(config_with(2s, 0s, 0s), slow_echo);
    tested.run_for(1s);
    tested.add_client(1s, 0s, "busy"); // holds the server until 4 s
    tested.add_client(3s);
    tested.request_drain();
    tested.finish();

    REQUIRE(tested.outcomes().size() == 2);
    CHECK(tested.outcomes()[0].ended_by == std::errc::connection_refused);
    CHECK(tested.outcomes()[1].heard == "busy");
}

TEST_CASE("drain: a second request to a lame duck, forces at once", "[sim][drain]") {
    drained_world tested(config_with(10s, 0s, 0s));
    tested.add_client(0s);
    tested.run_for(1s);
    tested.request_drain();
    tested.run_for(1s);
    tested.server().request_drain();
    const auto took = tested.finish();

    CHECK(took < 1s + moment);
    CHECK(tested.outcomes().front().ended_by == errc::reset);
    CHECK(tested.report().forced == 1);
}

TEST_CASE("drain: idle sessions, at once without a grace", "[sim][drain]") {
    drained_world tested(config_with(0s, 0s, 0s));
    tested.add_client(0s);
    tested.add_client(0s, 0s, "served before");
    tested.run_for(1s);
    tested.request_drain();

    CHECK(tested.finish() < moment);
    CHECK(tested.report().idle_closed == 2);
    CHECK(tested.report().finished == 2);
}

TEST_CASE("drain: an idle session, served within its grace and closed after it", "[sim][drain]") {
    drained_world tested(config_with(0s, 5s, 0s));
    tested.add_client(0s, 3s, "just in time");
    tested.run_for(1s);
    tested.request_drain();
    const auto took = tested.finish();

    CHECK(took >= 5s);
    CHECK(took < 5s + moment);
    CHECK(tested.outcomes().front().heard == "just in time");
    CHECK(tested.outcomes().front().ended_by == errc::end_of_stream);
    CHECK(tested.report().idle_closed == 1);
}

TEST_CASE("drain: a busy session, told at once and not counted as idle", "[sim][drain]") {
    drained_world tested(config_with(0s, 20s, 20s), slow_echo);
    tested.add_client(0s, 0s, "slow");
    tested.run_for(1s);
    tested.request_drain();
    const auto took = tested.finish();

    CHECK(took < 3s);
    CHECK(tested.outcomes().front().heard == "slow");
    CHECK(tested.report().finished == 1);
    CHECK(tested.report().idle_closed == 0);
}

TEST_CASE("drain: idle sessions spread, one after another", "[sim][drain]") {
    drained_world tested(config_with(0s, 1s, 10s));
    for (int i = 0; i < 10; ++i) {
        tested.add_client(0s);
    }
    tested.run_for(1s);
    tested.request_drain();
    const auto took = tested.finish();

    REQUIRE(tested.outcomes().size() == 10);
    duration expected = 1s;
    for (const auto& each : tested.outcomes()) {
        CHECK(each.after >= expected);
        CHECK(each.after < expected + moment);
        expected += 1s;
    }
    CHECK(took < 10s + moment);
    CHECK(tested.report().idle_closed == 10);
}

TEST_CASE("drain: longer grace and spread than the timeout, all told in time", "[sim][drain]") {
    auto config = config_with(0s, 4s, 1h);
    config.drain_timeout = 10s;
    drained_world tested(config);
    for (int i = 0; i < 3; ++i) {
        tested.add_client(0s);
    }
    tested.run_for(1s);
    tested.request_drain();

    CHECK(tested.finish() < 10s);
    CHECK(tested.report().forced == 0);
}

TEST_CASE("drain: forced while sessions wait for their turn, all are reset", "[sim][drain]") {
    const auto grace = GENERATE(5s, 0s);
    drained_world tested(config_with(0s, grace, 20s));
    for (int i = 0; i < 3; ++i) {
        tested.add_client(0s);
    }
    tested.run_for(1s);
    tested.request_drain();
    tested.run_for(1s);
    tested.server().request_drain();

    CHECK(tested.finish() < 1s + moment);
    REQUIRE(tested.outcomes().size() == 3);
    const std::size_t told = grace == 0s ? 1 : 0; // the first has gone in order by then
    CHECK(tested.report().forced == 3 - told);
    for (std::size_t i = told; i != 3; ++i) {
        CHECK(tested.outcomes()[i].ended_by == errc::reset);
    }
}

TEST_CASE("drain: a client comes while the grace lasts, refused", "[sim][drain]") {
    drained_world tested(config_with(0s, 5s, 0s));
    tested.add_client(0s);
    tested.add_client(2s);
    tested.run_for(1s);
    tested.request_drain();
    tested.finish();

    REQUIRE(tested.outcomes().size() == 2);
    CHECK(tested.outcomes()[0].ended_by == std::errc::connection_refused);
    CHECK(tested.outcomes()[1].ended_by == errc::end_of_stream);
}

unsigned waits_at = 0;

/// Waits for something that knows nothing of stops.
task<> wait_for_nothing() {
    waits_at = std::source_location::current().line() + 1;
    co_await std::suspend_always();
}

TEST_CASE("drain: a handler that ignores its stop, named with where it waits", "[sim][drain]") {
    log_lines log;
    drained_world tested(config_with(0s, 0s, 0s), [](eddy::session& peer) -> task<> {
        const auto word = co_await peer.read();
        if (word && raw::text_of(*word) == "stubborn") {
            co_await wait_for_nothing();
        }
        co_await eddy::sleep(1h);
    });
    tested.add_client(0s, 0s, "stubborn");
    tested.add_client(0s, 0s, "mild");
    tested.run_for(1s);
    tested.request_drain();
    const auto took = tested.finish();

    CHECK(took >= 62s);
    CHECK(took < 62s + moment);
    CHECK(tested.report().forced == 2);
    const auto line = log.line_with("a handler ignores its stop");
    CAPTURE(line);
    CHECK(line.find("listener=tcp://0.0.0.0:7") != std::string::npos);
    CHECK(line.find("drain_test.cpp") != std::string::npos);
    CHECK(line.find(" line=" + std::to_string(waits_at) + " ") != std::string::npos);
    CHECK(line.find("wait_for_nothing") != std::string::npos);
    CHECK(log.line_with("idle_closed=0").find("forced=2") != std::string::npos);
}

TEST_CASE("drain: many handlers ignore their stop, 16 are named", "[sim][drain]") {
    const log_lines log;
    drained_world tested(config_with(0s, 0s, 0s), [](eddy::session&) -> task<> {
        co_await wait_for_nothing();
    });
    for (int i = 0; i != 20; ++i) {
        tested.add_client(0s);
    }
    tested.run_for(1s);
    tested.request_drain();
    tested.finish();

    CHECK(tested.report().forced == 20);
    CHECK(log.count("a handler ignores its stop") == 16);
}

} // namespace
