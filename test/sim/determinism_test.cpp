// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::task;
namespace sim = eddy::sim;

task<> echo(std::unique_ptr<eddy::stream> peer) {
    for (;;) {
        const auto read = co_await raw::read(*peer);
        if (read.error) {
            co_return;
        }
        if (const auto failed = co_await raw::write(*peer, read.text)) {
            co_return;
        }
    }
}

task<> serve_streams() {
    const auto listener = raw::listen("tcp://[::]:7");
    eddy::scope sessions;
    for (;;) {
        auto accepted = co_await raw::accept(*listener);
        if (accepted.stream) {
            sessions.spawn(echo(std::move(accepted.stream)));
        }
    }
}

task<> serve_datagrams() {
    const auto port = raw::bind("udp://[::]:7");
    for (;;) {
        const auto received = co_await raw::receive(*port);
        if (!received.error) {
            co_await raw::send(*port, received.text, received.peer);
        }
    }
}

task<> talk(eddy::address to, int rounds) {
    const auto connected = co_await raw::connect(to);
    for (int i = 0; i < rounds && connected.stream; ++i) {
        const std::string text(static_cast<std::size_t>(i) * 97, static_cast<char>('a' + i % 26));
        if (const auto failed = co_await raw::write(*connected.stream, text)) {
            co_return;
        }
        co_await raw::read_exactly(*connected.stream, text.size());
    }
}

task<> shout(eddy::address to, int rounds) {
    const auto port = raw::bind("udp://0.0.0.0:0");
    for (int i = 0; i < rounds; ++i) {
        const std::string text = std::to_string(i);
        co_await raw::send(*port, text, to);
        co_await eddy::sleep(10ms);
    }
}

struct outcome {
    std::uint64_t hash;
    std::vector<std::string> lines;
};

outcome run(const sim::profile& profile, std::uint64_t seed) {
    sim::world_options options;
    options.profile = profile;
    options.seed = seed;
    sim::world world(options);
    world.trace().make_readable();
    auto& server = world.add_host("server");
    server.spawn_daemon(serve_streams());
    server.spawn_daemon(serve_datagrams());
    for (int i = 0; i < 3; ++i) {
        auto& client = world.add_host("client " + std::to_string(i));
        client.spawn(talk(server.ipv4().with_port(7), 10));
        client.spawn(shout(server.ipv6().with_port(7), 10));
    }
    world.after(100ms, [&] { server.stall(50ms); });
    world.run();
    return {world.trace().hash(), world.trace().lines()};
}

TEST_CASE("determinism: the same seed twice, the same trace", "[sim][determinism]") {
    const auto seed = GENERATE(range(1U, 6U));

    const auto one = run(sim::profile::hostile(), seed);
    const auto two = run(sim::profile::hostile(), seed);

    CHECK(one.hash == two.hash);
    CHECK(one.lines == two.lines);
}

TEST_CASE("determinism: another seed, another trace", "[sim][determinism]") {
    CHECK(run(sim::profile::hostile(), 1).hash != run(sim::profile::hostile(), 2).hash);
}

TEST_CASE("determinism: nothing is random in a calm world", "[sim][determinism]") {
    CHECK(run(sim::profile::calm(), 1).hash == run(sim::profile::calm(), 2).hash);
}

// Every compiler, library and build type must give these. They change when the simulator or the
// order in which the core does things changes on purpose; then take the new ones over, after a look
// at the traces.
TEST_CASE("determinism: known traces, every build gives them", "[sim][determinism]") {
    struct row {
        sim::profile profile;
        std::uint64_t seed;
        std::uint64_t hash;
    };
    const auto& [profile, seed, hash] = GENERATE(
        row{sim::profile::calm(), 1, 0x417b'4af4'732f'64ff},
        row{sim::profile::lan(), 1, 0x734a'c51f'ca33'cc36},
        row{sim::profile::wan(), 2, 0xfa03'3639'9b72'21a9},
        row{sim::profile::mobile(), 3, 0x5d8b'833d'4d57'c58a},
        row{sim::profile::hostile(), 4, 0x5fb9'fe25'a38c'8196}
    );
    CAPTURE(profile.name);

    CHECK(run(profile, seed).hash == hash);
}

TEST_CASE("random: known numbers", "[sim][random]") {
    sim::random random(1);

    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 4; ++i) {
        drawn.push_back(random.below(sim::choice::scenario, 1'000'000));
    }

    CHECK(drawn == std::vector<std::uint64_t>{516'310, 896'179, 951'874, 526'571});
}

TEST_CASE("random: silenced decisions are calm, the others as before", "[sim][random]") {
    sim::random loud(7);
    sim::random quiet(7);
    const std::vector<sim::decision> kept{{sim::choice::loss, 2}};
    quiet.keep_only(kept);

    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto value = loud.below(sim::choice::loss, 1'000'000);
        CHECK(quiet.below(sim::choice::loss, 1'000'000) == (i == 2 ? value : 0));
        CHECK(
            loud.below(sim::choice::scenario, 1'000) == quiet.below(sim::choice::scenario, 1'000)
        );
    }
    CHECK(quiet.taken() == kept);
    CHECK(loud.taken().size() == 5);
}

} // namespace
