// SPDX-License-Identifier: BSL-1.0
// Pools in networks that misbehave, by seed: their promises hold whatever happens.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/pooled_service.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::pool;
using eddy::pool_options;
using eddy::task;
using eddy::within;
namespace sim = eddy::sim;

using pooled_test::ask;
using pooled_test::line_server;

constexpr std::size_t most_sessions = 3;

pool_options small() {
    pool_options options{.max_sessions = most_sessions, .max_idle = 5s, .max_age = 20s};
    options.pause = {.first = 50ms, .max = 2s};
    options.connect.timeout = 2s;
    return options;
}

void expect_bounds(const pool& tested) {
    const auto stats = tested.stats();
    sim::expect(
        stats.idle + stats.leased + stats.connecting + stats.checking <= most_sessions,
        "never more sessions than allowed"
    );
    sim::expect(stats.waiting == 0 || stats.idle == 0, "nobody waits while a session is idle");
}

/// Works with leases until it has had so many answers; whatever fails is done again.
task<> work(pool& from, int answers, const std::string name) {
    while (answers != 0) {
        auto got = co_await from.acquire(within(5s));
        expect_bounds(from);
        if (!got) {
            continue;
        }
        const std::string said = name + " " + std::to_string(answers);
        const auto answer = co_await ask(**got, said);
        if (answer == said) {
            --answers;
        } else {
            sim::expect(answer.find("worker") == answer.npos, "an answer of somebody else");
            got->discard();
        }
    }
}

/// Is stopped, wherever it waits then.
task<> give_up(pool& from) {
    for (;;) {
        const auto got = co_await from.acquire(within(1h));
        co_await eddy::sleep(20ms);
    }
}

task<> client(sim::world& world) {
    pool tested({"tcp://a:7", "tcp://b:7", "tcp://c:7"}, small());
    {
        eddy::scope workers;
        eddy::scope leaving;
        for (int i = 0; i != 5; ++i) {
            workers.spawn(work(tested, 10, "worker " + std::to_string(i)));
            leaving.spawn(give_up(tested));
        }
        co_await eddy::sleep(std::chrono::milliseconds(world.pick(500)));
        leaving.request_stop();
        co_await leaving.join();
        co_await workers.join();
    }
    co_await eddy::sleep(std::chrono::milliseconds(world.pick(8'000)));
    expect_bounds(tested);
    co_await tested.close(within(1min));
    const auto stats = tested.stats();
    sim::expect(
        stats.idle + stats.leased + stats.connecting + stats.checking + stats.waiting == 0,
        "a closed pool holds nothing"
    );
    std::uint64_t closed = 0;
    for (const auto each : stats.closed) {
        closed += each;
    }
    sim::expect(closed == stats.connects, "every session has ended for one reason");
}

TEST_CASE("fresh seeds: servers restart and vanish, pools keep their word", "[sim][seeds]") {
    sim::check_options options;
    options.world.profile = sim::profile::hostile();
    options.seeds = 20;
    options.regression_file = EDDY_TEST_SEEDS;
    sim::check_in_catch(options, [](sim::world& world) {
        auto& home = world.add_host("client");
        std::vector<std::unique_ptr<line_server>> servers;
        for (const char* name : {"a", "b", "c"}) {
            servers.push_back(std::make_unique<line_server>(world.add_host(name)));
        }
        const auto at = [&world] { return std::chrono::milliseconds(world.pick(3'000)); };
        world.after(at(), [&] { servers[0]->restart(); });
        world.after(at(), [&] { servers[0]->restart(); });
        world.after(at(), [&] { servers[1].reset(); });
        const auto cut = at();
        world.after(cut, [&] { world.cut(home, servers[2]->home()); });
        world.after(cut + at(), [&] { world.heal(home, servers[2]->home()); });

        home.spawn(client(world));
        world.run();

        sim::expect(home.open_descriptors() == 0, "the client leaves no socket");
        sim::expect(home.loop().tasks().empty(), "the client leaves no task");
        sim::expect(home.loop().blocks().lent() == 0, "the client leaves no buffer");
    });
}

/// Pools that lose their sessions together, because their server restarts: how many connects reach
/// it at most in a tenth of a second, once it is back.
std::size_t herd(eddy::jitter kind) {
    sim::world_options options;
    options.profile = sim::profile::calm();
    sim::world world(options);
    auto& host = world.add_host("server");
    std::optional<line_server> server(host);
    const auto use = [](eddy::jitter chance, std::vector<eddy::time_point>& served) -> task<> {
        pool_options with;
        with.pause = {.first = 100ms, .max = 2s, .jitter = chance};
        pool tested("tcp://server:7", with);
        {
            const auto got = co_await tested.acquire(within(1s));
        }
        co_await eddy::sleep(1s); // the server goes
        {
            const auto got = co_await tested.acquire(within(1min));
            sim::expect(got.has_value(), "everybody is served in the end");
            served.push_back(eddy::loop_clock::now());
        }
        co_await tested.close();
    };
    std::vector<eddy::time_point> served;
    for (int i = 0; i != 100; ++i) {
        world.add_host("client " + std::to_string(i)).spawn(use(kind, served));
    }
    world.after(500ms, [&] { server.reset(); });
    world.after(4s, [&] { server.emplace(host); });
    world.run();

    std::map<eddy::duration, std::size_t> counts;
    for (const auto each : served) {
        ++counts[each.time_since_epoch() / 100ms * 100ms];
    }
    std::size_t most = 0;
    for (const auto& [when, count] : counts) {
        most = std::max(most, count);
    }
    return most;
}

TEST_CASE("pool: a hundred clients of a server that restarts, spread", "[sim][pool]") {
    CHECK(herd(eddy::jitter::none) == 100);
    CHECK(herd(eddy::jitter::full) < 25);
}

} // namespace
