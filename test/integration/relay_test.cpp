// SPDX-License-Identifier: BSL-1.0
// Relays between real sockets, where the system may move the bytes by itself.
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/relay.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/socket_pairs.hpp"

#include <csignal>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using test::connected;
using test::random_text;
using test::two_sessions;

/// A client and a service with a relay between them.
struct relayed {
    explicit relayed(endpoint::transport kind, const session_limits& limits = {})
        : client(connected(kind)), service(connected(endpoint::transport::tcp, limits)) {}

    task<> run(relay_options options) {
        report = co_await relay(client.far, service.near, options);
    }

    two_sessions client;
    two_sessions service;
    std::optional<relay_report> report;
};

task<> send_all(session& to, std::string text) {
    co_await to.write(text);
    to.shutdown_send();
}

task<> echo_all(session& peer) {
    while (const auto data = co_await peer.read()) {
        co_await peer.write(*data);
    }
    peer.shutdown_send();
}

TEST_CASE("relay: megabytes there and back, come through whole", "[integration][relay]") {
    const auto kind = GENERATE(endpoint::transport::tcp, endpoint::transport::unix_stream);
    const auto mode = GENERATE(splicing::automatic, splicing::never, splicing::always);
    loop here;

    here.run([](endpoint::transport over, splicing how) -> task<> {
        const std::string text = random_text(8 * 1024 * 1024);
        relayed whole(over);
        scope tasks;
        tasks.spawn(whole.run({.splice = how}));
        tasks.spawn(echo_all(whole.service.far));
        tasks.spawn(send_all(whole.client.near, text));
        const auto back = co_await whole.client.near.read_all(text.size());
        REQUIRE(back.has_value());
        CHECK(byte_view(*back).text() == text);
        co_await tasks.join();

        const auto& report = *whole.report;
        CHECK_FALSE(report.error);
        CHECK(report.to_first == text.size());
        CHECK(report.to_second == text.size());
        CHECK(whole.client.far.stats().bytes_received == text.size());
        CHECK(whole.client.far.stats().bytes_sent == text.size());
        CHECK(whole.service.near.stats().bytes_received == text.size());
        CHECK(whole.service.near.stats().bytes_sent == text.size());
        if (how == splicing::never) {
            CHECK(report.spliced == 0);
        } else if (how == splicing::always) {
            CHECK(report.spliced == 2 * text.size());
        } else {
            CHECK(report.spliced > text.size());
        }
    }(kind, mode));
}

TEST_CASE("relay: bytes that were read before, go ahead of the pipe's", "[integration][relay]") {
    loop here;

    here.run([]() -> task<> {
        relayed whole(endpoint::transport::tcp);
        co_await whole.client.near.write("hello rest ");
        const auto hello = co_await whole.client.far.read_exactly(6);
        CHECK(hello.has_value());
        co_await whole.service.near.write("header ");
        scope tasks;
        tasks.spawn(whole.run({.splice = splicing::always}));
        tasks.spawn(send_all(whole.client.near, "and more"));
        const auto heard = co_await whole.service.far.read_all();
        CHECK(byte_view(*heard).text() == "header rest and more");
        whole.service.far.shutdown_send();
        co_await tasks.join();
        CHECK(whole.report->spliced == 8);
    }());
}

/// Waits until the relay has bytes in its pipe that the service does not take.
task<> until_stuck(const session& to) {
    while (to.outbox_size() == 0) {
        co_await sleep(1ms);
    }
}

TEST_CASE("relay: stopped with a full pipe, nothing is lost", "[integration][relay]") {
    loop here;

    here.run([]() -> task<> {
        const std::string text = random_text(16 * 1024 * 1024);
        relayed whole(endpoint::transport::tcp);
        scope relaying;
        scope sending;
        relaying.spawn(whole.run({.splice = splicing::always}));
        sending.spawn(send_all(whole.client.near, text));
        co_await until_stuck(whole.service.near);
        CHECK(whole.service.near.held_memory() >= whole.service.near.outbox_size());
        relaying.request_stop();
        co_await relaying.join();
        CHECK(whole.report->error == errc::cancelled);

        scope again;
        again.spawn(whole.run({}));
        const auto heard = co_await whole.service.far.read_all(text.size());
        REQUIRE(heard.has_value());
        CHECK(byte_view(*heard).text() == text);
        whole.service.far.shutdown_send();
        co_await again.join();
        co_await sending.join();
        CHECK_FALSE(whole.report->error);
    }());
    CHECK(here.blocks().outbox_bytes().value() == 0);
}

TEST_CASE("relay: nobody takes what is in the pipe, the stall ends it", "[integration][relay]") {
    loop here;

    here.run([]() -> task<> {
        relayed whole(endpoint::transport::tcp, {.deadlines = {.write_stall = 50ms}});
        scope relaying;
        scope sending;
        relaying.spawn(whole.run({.splice = splicing::always}));
        sending.spawn(send_all(whole.client.near, std::string(16 * 1024 * 1024, 'x')));
        co_await relaying.join();
        CHECK(whole.service.near.ended_by() == close_reason::slow_reader);
        CHECK(whole.report->error == errc::closed);
        CHECK(whole.report->failed == relay_side::second);
        const auto end = co_await whole.client.near.read();
        CHECK(end.error() == errc::reset);
        co_await sending.join();
    }());
    CHECK(here.blocks().outbox_bytes().value() == 0);
}

TEST_CASE("relay: the service resets, no SIGPIPE ends the process", "[integration][relay]") {
    ::sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    REQUIRE(::sigismember(&blocked, SIGPIPE) == 0);
    struct ::sigaction action{};
    ::sigaction(SIGPIPE, nullptr, &action);
    REQUIRE(action.sa_handler == SIG_DFL);
    loop here;

    here.run([]() -> task<> {
        relayed whole(endpoint::transport::tcp);
        scope tasks;
        tasks.spawn(whole.run({.splice = splicing::always}));
        whole.service.far.shutdown_send(); // a reset after it reads EPIPE, not ECONNRESET
        tasks.spawn(send_all(whole.client.near, std::string(16 * 1024 * 1024, 'x')));
        co_await until_stuck(whole.service.near);
        whole.service.far.abort();
        co_await tasks.join();
        CHECK(whole.report->error == errc::reset);
        CHECK(whole.report->failed == relay_side::second);
    }());
}

} // namespace
} // namespace eddy
