// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <chrono>

using namespace std::chrono_literals;

namespace eddy {
namespace {

/// Whether somebody else gets to run while a task repeats what fails at once.
template <class Attempt>
bool lets_others_run(Attempt attempt) {
    test::manual_loop loop;
    const auto repeat = [](Attempt failing, const bool& ended) -> task<> {
        for (int i = 0; i < 100'000 && !ended; ++i) {
            co_await failing();
        }
    };
    const auto body = [&repeat](Attempt failing) -> task<bool> {
        bool ended = false;
        scope others;
        others.spawn(repeat(failing, ended));
        const bool in_time = !others.empty();
        ended = true;
        co_await others.join();
        co_return in_time;
    };
    return loop->run(body(attempt));
}

task<> refused_in_memory() {
    const auto made = co_await connect("mem:nobody");
    CHECK_FALSE(made.has_value());
}

task<> refused_by_the_engine() {
    const auto made = co_await connect("unix:/nowhere");
    CHECK_FALSE(made.has_value());
}

task<> not_a_stream() {
    const auto made = co_await connect("udp://192.0.2.1:7");
    CHECK(made.error() == errc::not_supported);
}

task<> resolved_at_once() {
    const auto found = co_await resolve("192.0.2.1", 7);
    CHECK(found.has_value());
}

TEST_CASE("connect: refused at once again and again, others get their turn", "[net][connect]") {
    CHECK(lets_others_run(refused_in_memory));
    CHECK(lets_others_run(refused_by_the_engine));
    CHECK(lets_others_run(not_a_stream));
    CHECK(lets_others_run(resolved_at_once));
}

TEST_CASE("connect: no time, gives up before it begins", "[net][connect]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        for (const auto timeout : {0s, -1s}) {
            connect_options options;
            options.timeout = timeout;
            const auto made = co_await connect("unix:/nowhere", options);
            CHECK(made.error() == errc::timed_out);
        }
    };
    loop->run(body());
}

TEST_CASE("connect: stopped before, gives cancelled or what it knows at once", "[net][connect]") {
    test::manual_loop loop;
    error_code seen;
    const auto child = [&]() -> task<> {
        for (int i = 0; i < 1'000; ++i) {
            const auto made = co_await connect("mem:nobody");
            seen = made.error();
        }
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.request_stop();
        tasks.spawn(child());
        co_await tasks.join();
    };

    loop->run(body()); // ends: a stop is no exception here

    CHECK(seen == std::errc::connection_refused);
}

} // namespace
} // namespace eddy
