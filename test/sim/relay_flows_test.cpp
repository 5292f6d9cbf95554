// SPDX-License-Identifier: BSL-1.0
// The relay service between simulated hosts: datagrams.
#include <eddy/core/sleep.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/server/server.hpp>
#include <eddy/services/relay.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"
#include "sim/served.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using eddy::task;
using eddy::services::relay;
using eddy::services::relay_counters;
using served_test::calm;
using served_test::echo_datagrams;
using served_test::no_memory_on;
using served_test::seeds;
using served_test::served;
namespace sim = eddy::sim;

/// Counts who asks.
struct asked_by {
    std::set<eddy::address> peers;

    eddy::handler handler() {
        return [this](eddy::datagrams& socket) -> task<> {
            while (const auto batch = co_await socket.receive()) {
                for (const auto& each : *batch) {
                    peers.insert(each.peer);
                    co_await socket.reply(each, each.data);
                }
            }
        };
    }
};

/// Sends texts of its own and gives how many came back; others must not.
task<> ask(char name, int count, int& answered) {
    auto socket = eddy::datagrams::open("udp://[::]:0");
    const auto where = co_await raw::resolve("proxy");
    const auto proxy = where->front().with_port(8);
    std::set<std::string> sent;
    for (int i = 0; i != count; ++i) {
        const std::string text = name + std::to_string(i);
        sent.insert(text);
        co_await socket->send(proxy, text);
        const auto heard = co_await socket->receive(eddy::within(500ms));
        if (!heard) {
            continue;
        }
        for (const auto& each : *heard) {
            sim::expect(each.peer == proxy, "answers come from where the question went");
            sim::expect(sent.contains(raw::text_of(each.data)), "each gets its own answers");
            ++answered;
        }
    }
}

eddy::services::relay_service_options options_to(const char* upstream) {
    eddy::services::relay_service_options made;
    made.to.emplace_back(upstream);
    made.counters = std::make_shared<relay_counters>();
    return made;
}

TEST_CASE("relay service: flows of datagrams, answers find their client", "[sim][relay][seeds]") {
    sim::check_in_catch(seeds(sim::profile::hostile()), [](sim::world& world) {
        served service(world, "service", "udp://[::]:7", &echo_datagrams);
        served proxy(world, "proxy", "udp://[::]:8", relay(options_to("udp://service:7")));
        int answered = 0;
        for (char name = 'a'; name != 'd'; ++name) {
            world.add_host(std::string("client ") + name).spawn(ask(name, 30, answered));
        }
        world.run();
        proxy.end();
        service.end();
        sim::expect(answered > 0, "some of them arrive");
    });
}

TEST_CASE("relay service: idle flows, end and make way", "[sim][relay]") {
    sim::world world(calm);
    asked_by asked;
    served service(world, "service", "udp://[::]:7", asked.handler());
    auto relaying = options_to("udp://service:7");
    relaying.flow_idle = 30s;
    relaying.max_flows = 2;
    auto& counted = *relaying.counters;
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    int answered = 0;
    const auto talk = [&](char name) {
        world.add_host(std::string("client ") + name).spawn(ask(name, 2, answered));
        world.run();
        world.run_for(1s);
    };

    talk('a');
    CHECK(answered == 2);
    CHECK(asked.peers.size() == 1);
    CHECK(counted.live_flows == 1);
    talk('b');
    talk('c'); // takes the place of a
    CHECK(answered == 6);
    CHECK(asked.peers.size() == 3);
    CHECK(counted.live_flows == 2);
    CHECK(counted.evicted_flows == 1);
    CHECK(proxy.home().open_descriptors() == 3);
    world.run_for(1min);
    CHECK(counted.live_flows == 0);
    CHECK(counted.expired_flows == 2);
    CHECK(proxy.home().open_descriptors() == 1);
    CHECK(counted.to_upstream == 12);
    CHECK(counted.to_client == 12);
    CHECK(counted.dropped_datagrams == 0);
    proxy.end();
    service.end();
}

TEST_CASE(
    "relay service: its port on the loopback, is another's when it is bound elsewhere",
    "[sim][relay]"
) {
    sim::world world(calm);
    served proxy(world, "proxy", "udp://proxy:8", relay(options_to("udp://127.0.0.1:8")));
    eddy::server local(proxy.home().loop(), {});
    local.serve("udp://127.0.0.1:8", &echo_datagrams);
    local.start();
    int answered = 0;

    world.add_host("client").spawn(ask('a', 3, answered));
    world.run();
    CHECK(answered == 3);
    local.request_drain();
    proxy.home().run(local.stopped());
    proxy.end();
}

/// Sends a question every 20 seconds and counts what comes back.
task<> ask_slowly(int questions, std::size_t& heard) {
    auto socket = eddy::datagrams::open("udp://[::]:0");
    const auto where = co_await raw::resolve("proxy");
    for (int i = 0; i != questions; ++i) {
        co_await socket->send(where->front().with_port(8), "question");
        co_await eddy::sleep(20s);
    }
    while (const auto answers = co_await socket->receive(eddy::within(30s))) {
        heard += answers->size();
    }
}

/// Answers each question that many times, with a pause before each.
eddy::handler answering(int times, eddy::duration pause) {
    return [=](eddy::datagrams& socket) -> task<> {
        while (const auto batch = co_await socket.receive()) {
            const eddy::datagram asked = batch->front();
            for (int i = 0; i != times; ++i) {
                co_await eddy::sleep(pause);
                co_await socket.reply(asked, "answer");
            }
        }
    };
}

TEST_CASE("relay service: one side of a flow talks now and then, it goes on", "[sim][relay]") {
    const int questions = GENERATE(1, 5);
    const int answers = questions == 1 ? 5 : 0;
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", answering(answers, 20s));
    auto relaying = options_to("udp://service:7");
    relaying.flow_idle = 30s;
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    std::size_t heard = 0;

    world.add_host("client").spawn(ask_slowly(questions, heard));
    world.run();
    CHECK(relaying.counters->relayed == 1);
    CHECK(heard == static_cast<std::size_t>(answers));
    proxy.end();
    service.end();
}

TEST_CASE("relay service: flows in a drain, are answered until it is quiet", "[sim][relay]") {
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", answering(3, 700ms));
    served proxy(world, "proxy", "udp://[::]:8", relay(options_to("udp://service:7")));
    std::size_t heard = 0;
    world.add_host("client").spawn(ask_slowly(1, heard));
    world.run_for(100ms);

    proxy.end();
    CHECK(world.elapsed() < 5s);
    world.run();
    CHECK(heard == 3);
    service.end();
}

task<> ask_at_once(int count, std::size_t& heard, std::size_t size = 8) {
    auto socket = eddy::datagrams::open("udp://[::]:0");
    const auto where = co_await raw::resolve("proxy");
    for (int i = 0; i != count; ++i) {
        co_await socket->send(where->front().with_port(8), std::string(size, '?'));
    }
    while (const auto answers = co_await socket->receive(eddy::within(1s))) {
        heard += answers->size();
    }
}

TEST_CASE("relay service: a name is looked up, few datagrams of a flow wait", "[sim][relay]") {
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", &echo_datagrams);
    const auto relaying = options_to("udp://service:7");
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    std::size_t heard = 0;

    world.add_host("client").spawn(ask_at_once(20, heard));
    world.run();
    CHECK(heard == 16);
    CHECK(relaying.counters->dropped_datagrams == 4);
    proxy.end();
    service.end();
}

TEST_CASE("relay service: a name is looked up, few bytes of a flow wait", "[sim][relay]") {
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", &echo_datagrams);
    const auto relaying = options_to("udp://service:7");
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    std::size_t heard = 0;

    world.add_host("client").spawn(ask_at_once(10, heard, 4'000));
    world.run();
    CHECK(heard == 4);
    CHECK(relaying.counters->dropped_datagrams == 6);
    proxy.end();
    service.end();
}

TEST_CASE("relay service: no flow is left, who was silent longest makes way", "[sim][relay]") {
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", &echo_datagrams);
    auto relaying = options_to("udp://service:7");
    relaying.max_flows = 2;
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    std::size_t heard = 0;

    world.add_host("early and again").spawn(ask_slowly(3, heard));
    world.run_for(10s);
    world.add_host("once").spawn(ask_slowly(1, heard));
    world.run_for(20s);
    world.add_host("late").spawn(ask_slowly(1, heard)); // takes the place of the one before
    world.run();
    CHECK(heard == 5);
    CHECK(relaying.counters->relayed == 3);
    CHECK(relaying.counters->evicted_flows == 1);
    proxy.end();
    service.end();
}

TEST_CASE("relay service: a crowd while names are looked up, gets no more flows", "[sim][relay]") {
    sim::world world(calm);
    served service(world, "service", "udp://[::]:7", &echo_datagrams);
    auto relaying = options_to("udp://service:7");
    relaying.max_flows = 2;
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    int answered = 0;

    for (char name = 'a'; name != 'f'; ++name) { // in the same instant
        world.add_host(std::string("client ") + name).spawn(ask(name, 1, answered));
    }
    world.run();
    CHECK(answered == 2);
    CHECK(relaying.counters->relayed == 2);
    CHECK(relaying.counters->dropped_datagrams == 3);
    CHECK(relaying.counters->evicted_flows == 0);
    proxy.end();
    service.end();
}

TEST_CASE("relay service: it is its own upstream, nothing goes round", "[sim][relay]") {
    const auto* const to = GENERATE("udp://127.0.0.1:8", "udp://proxy:8");
    sim::world world(calm);
    const auto relaying = options_to(to);
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    int answered = 0;

    world.add_host("client").spawn(ask('a', 3, answered));
    world.run();
    proxy.end();
    CHECK(answered == 0);
    CHECK(relaying.counters->unreachable == 3);
    CHECK(relaying.counters->relayed == 0);
}

TEST_CASE("relay service: nobody has the upstream's name, datagrams are counted", "[sim][relay]") {
    sim::world world(calm);
    const auto relaying = options_to("udp://nobody:7");
    served proxy(world, "proxy", "udp://[::]:8", relay(relaying));
    int answered = 0;

    world.add_host("client").spawn(ask('a', 3, answered));
    world.run();
    proxy.end();
    CHECK(answered == 0);
    CHECK(relaying.counters->unreachable == 3);
    CHECK(relaying.counters->live_flows == 0);
}

TEST_CASE("relay service: flows without memory, end alone", "[sim][fault]") {
    const std::uint64_t times = GENERATE(1U, 3U);

    const auto failed =
        sim::for_each_fault(no_memory_on("proxy", times), calm, [](sim::world& world) {
            served service(world, "service", "udp://[::]:7", &echo_datagrams);
            served proxy(world, "proxy", "udp://[::]:8", relay(options_to("udp://service:7")));
            world.run_for(1s);
            int answered = 0;
            world.add_host("client").spawn(ask('a', 5, answered));
            world.run();
            proxy.end();
            service.end();
            sim::expect(answered >= 1, "the relay relays on");
        });

    CHECK(failed >= 8);
}

} // namespace
