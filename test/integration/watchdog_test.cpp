// SPDX-License-Identifier: BSL-1.0
// A handler that blocks its loop, on real threads. When it is blamed is tested in
// stall_policy_test.
#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <source_location>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using Catch::Contains;

/// Opened by one thread for all others.
class gate {
public:
    void open() {
        const std::lock_guard guard(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock guard(mutex_);
        changed_.wait(guard, [this] { return is_open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
};

/// The log while it lives.
class log_reader {
public:
    log_reader() { log::set_sink(&take, this); }
    log_reader(const log_reader&) = delete;
    log_reader& operator=(const log_reader&) = delete;
    ~log_reader() { log::set_sink(nullptr, nullptr); }

    /// Waits for a line with that text and gives the line.
    std::string wait_for(const std::string& wanted) {
        std::unique_lock guard(mutex_);
        std::size_t at = std::string::npos;
        changed_.wait(guard, [&] { return (at = text_.find(wanted)) != std::string::npos; });
        return text_.substr(at, text_.find('\n', at) - at);
    }

    std::string text() {
        log::flush();
        const std::lock_guard guard(mutex_);
        return text_;
    }

private:
    static void take(log::level /*at*/, std::string_view line, void* self) {
        auto& reader = *static_cast<log_reader*>(self);
        const std::lock_guard guard(reader.mutex_);
        reader.text_ += std::string(line) + '\n';
        reader.changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
};

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Echoes; asked to, it blocks its thread until the gate opens.
struct blocking_echo {
    gate* until;
    std::atomic<unsigned>* waits_at; // of sessions on two loops

    task<> operator()(session& peer) const {
        bool goes_on = true;
        while (goes_on) {
            *waits_at = std::source_location::current().line() + 1;
            const auto bytes = co_await peer.read();
            goes_on = bytes.has_value();
            if (bytes && text_of(*bytes) == "block") {
                until->pass();
            }
            if (bytes) {
                co_await peer.write(*bytes);
            }
        }
    }
};

task<std::string> ask(session& peer, std::string message) {
    co_await peer.write(message);
    const auto reply = co_await peer.read_exactly(message.size());
    co_return reply ? text_of(*reply) : reply.error().message();
}

struct lines_of_a_stall {
    std::string meanwhile; ///< What the other loop's session answered.
    std::string warned;
    std::string dumped;
    std::string over;
};

/// Blocks the loop of the second session, and talks to the first one meanwhile.
task<lines_of_a_stall> block_second(endpoint where, gate& until, log_reader& log) {
    lines_of_a_stall seen;
    auto first = co_await connect(where);
    (void)co_await ask(*first, "one");
    auto second = co_await connect(where);
    (void)co_await ask(*second, "two");
    co_await second->write("block");
    co_await second->flush();
    seen.warned =
        co_await offload([&log] { return log.wait_for("a handler blocks its loop loop=1 "); });
    seen.meanwhile = co_await ask(*first, "still there?");
    seen.dumped =
        co_await offload([&log] { return log.wait_for("its other sessions wait loop=1 "); });
    until.open();
    seen.over = co_await offload([&log] { return log.wait_for("a blocked loop goes on loop=1 "); });
    (void)co_await second->read_exactly(5);
    co_await first->close();
    co_await second->close();
    co_return seen;
}

TEST_CASE(
    "server: a handler blocks its loop, it is named and the other loop serves",
    "[integration][server][watchdog]"
) {
    log_reader log;
    gate until;
    std::atomic<unsigned> waits_at = 0;
    server_config config;
    config.workers = 2;
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", blocking_echo{&until, &waits_at}, {.name = "blocked"});
    tested.start();

    loop here;
    const auto seen = here.run(block_second(tested.endpoints().front(), until, log));
    const auto report = tested.drain();

    CHECK(seen.meanwhile == "still there?");
    CHECK_THAT(seen.warned, Contains("loop=1 listener=blocked session=2 "));
    CHECK_THAT(seen.warned, Contains("watchdog_test.cpp"));
    CHECK_THAT(seen.warned, Contains(" line=" + std::to_string(waits_at.load())));
    CHECK_THAT(seen.dumped, Contains("loop=1 listener=blocked session=2 "));
    CHECK_THAT(seen.dumped, Contains("blocking_echo"));
    CHECK_THAT(seen.dumped, Contains(" cpu_ms="));
    CHECK_THAT(seen.over, Contains("loop=1 "));
    CHECK(report.loop_stalls >= 1);
    CHECK(report.longest_stall >= 1s);
}

TEST_CASE(
    "server: a handler blocks before it waits for the first time, named all the same",
    "[integration][server][watchdog]"
) {
    log_reader log;
    gate until;
    server_config config;
    config.watchdog = 10ms;
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", [&until](session&) -> task<> {
        until.pass();
        co_return;
    });
    tested.start();
    auto visit = [](endpoint where, gate& opened, log_reader& lines) -> task<std::string> {
        auto peer = co_await connect(where);
        auto line = co_await offload([&lines] { return lines.wait_for("session=1 "); });
        opened.open();
        (void)co_await peer->read();
        co_return line;
    };

    loop here;
    const auto line = here.run(visit(tested.endpoints().front(), until, log));
    tested.drain();

    CHECK_THAT(line, Contains(" line=0"));
    CHECK_THAT(log.text(), Contains("listener=tcp://127.0.0.1:0 session=1 "));
}

TEST_CASE("server: without a watchdog, nobody is blamed", "[integration][server][watchdog]") {
    log_reader log;
    gate until;
    gate is_blocked;
    server_config config;
    config.watchdog = 0ns;
    server tested(config);
    tested.serve("tcp://127.0.0.1:0", [&](session&) -> task<> {
        is_blocked.open();
        until.pass();
        co_return;
    });
    tested.start();
    auto visit = [](endpoint where, gate& blocked, gate& opened) -> task<> {
        auto peer = co_await connect(where);
        co_await offload([&blocked] { blocked.pass(); });
        co_await sleep(150ms); // longer than the default
        opened.open();
        (void)co_await peer->read();
    };

    loop here;
    here.run(visit(tested.endpoints().front(), is_blocked, until));
    const auto report = tested.drain();

    CHECK(report.loop_stalls == 0);
    CHECK(report.longest_stall == 0ns);
    CHECK_THAT(log.text(), !Contains("blocks its loop"));
}

} // namespace
} // namespace eddy
