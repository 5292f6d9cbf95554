// SPDX-License-Identifier: BSL-1.0
// Pools whose memory, descriptors or name server fail at any moment.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>
#include <eddy/sim/world.hpp>

#include "sim/pooled_service.hpp"
#include "sim/served.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using eddy::pool;
using eddy::pool_options;
using eddy::task;
using eddy::within;
namespace sim = eddy::sim;

using pooled_test::ask;
using pooled_test::line_server;

/// Asks until it has been answered so often; what fails is done again.
task<> insist(pool& from, int answers) {
    int failed = 0;
    while (answers != 0) {
        bool is_answered = false;
        try {
            auto got = co_await from.acquire(within(5s));
            if (got) {
                const auto answer = co_await ask(**got, "hello");
                is_answered = answer == "hello";
            }
        } catch (const std::bad_alloc&) {
            is_answered = false;
        }
        answers -= is_answered ? 1 : 0;
        failed += is_answered ? 0 : 1;
        sim::expect(failed <= 10, "the pool serves on after the fault");
        co_await eddy::sleep(100ms);
    }
}

task<> close_somehow(pool& closed) {
    bool is_closed = false;
    while (!is_closed) {
        try {
            co_await closed.close(within(10s));
            is_closed = true;
        } catch (const std::bad_alloc&) {
            is_closed = false; // no memory for the waiting itself
        }
    }
}

task<bool> is_well(eddy::session& idle) {
    const auto answer = co_await ask(idle, "ping");
    co_return answer == "ping";
}

task<> use_pool() {
    pool_options options{.max_sessions = 2, .max_idle = 3s};
    options.check = is_well;
    options.check_interval = 1s;
    pool tested("tcp://server:7", options);
    auto while_it_connects = insist(tested, 3);
    auto after_the_restart = insist(tested, 3);
    auto after_idleness = insist(tested, 1);
    auto closing = close_somehow(tested);
    co_await eddy::sleep(600ms); // what sets it up may fail as a whole
    co_await std::move(while_it_connects);
    co_await eddy::sleep(2500ms); // it checks, the server restarts, it grows idle
    co_await std::move(after_the_restart);
    co_await eddy::sleep(5s);
    sim::expect(tested.stats().idle == 0, "who is idle for long is closed");
    co_await std::move(after_idleness);
    co_await std::move(closing);
    const auto stats = tested.stats();
    sim::expect(stats.leased + stats.idle + stats.connecting + stats.checking == 0, "all is gone");
}

std::uint64_t survive(const sim::fault& planted) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return sim::for_each_fault(planted, options, [](sim::world& world) {
        auto& server_host = world.add_host("server");
        line_server server(server_host);
        auto& client = world.add_host("client");
        client.spawn(use_pool());
        world.after(3s, [&server] { server.restart(); });
        world.run();
        sim::expect(client.open_descriptors() == 0, "no socket is left");
        sim::expect(client.loop().tasks().empty(), "no task is left");
        sim::expect(client.loop().blocks().lent() == 0, "no buffer is left");
    });
}

TEST_CASE("pool: any allocation fails, or several in a row, it serves on", "[sim][pool][fault]") {
    const std::uint64_t times = GENERATE(1U, 2U, 3U);

    CHECK(survive(served_test::no_memory_on("client", times)) >= 30);
}

TEST_CASE("pool: any operation fails, it serves on", "[sim][pool][fault]") {
    using sim::operation;
    sim::fault broken;
    broken.what = GENERATE(
        operation::connect, operation::resolve, operation::attach, operation::read, operation::write
    );
    broken.error = sim::system_error(GENERATE(EMFILE, ECONNRESET, EAGAIN));
    broken.on = "client";
    broken.since = 500ms;

    CHECK(survive(broken) >= 2);
}

} // namespace
