// SPDX-License-Identifier: BSL-1.0
// The relay service between simulated hosts: sessions.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/services/relay.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/served.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::session;
using eddy::task;
using eddy::services::relay_counters;
using served_test::calm;
using served_test::echo;
using served_test::no_memory_on;
using served_test::seeds;
using served_test::served;
namespace sim = eddy::sim;

eddy::handler relay_to(const char* where, std::shared_ptr<relay_counters> counters = {}) {
    eddy::services::relay_service_options options;
    options.to.emplace_back(where);
    options.connect_timeout = 10min;
    options.counters = std::move(counters);
    return eddy::services::relay(std::move(options));
}

/// Clients, a relay, and what it relays to.
struct network {
    explicit network(sim::world& world, const eddy::handler& what = &echo)
        : service(world, "service", "tcp://[::]:7", what),
          proxy(world, "proxy", "tcp://[::]:8", relay_to("tcp://service:7", counters)) {}

    void end() {
        proxy.end();
        service.end();
    }

    std::shared_ptr<relay_counters> counters = std::make_shared<relay_counters>();
    served service;
    served proxy;
};

std::string text_of(std::size_t size, char first) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i != size; ++i) {
        text[i] = static_cast<char>(first + static_cast<char>(i * 7 % 23));
    }
    return text;
}

task<> send_and_end(session& to, const std::string& text) {
    co_await to.write(text);
    to.shutdown_send();
}

/// Sends a text to the relay and gives what came back; nothing unless it came to an orderly end.
task<std::optional<std::string>> say_and_hear(std::string text) {
    auto peer = co_await eddy::connect("tcp://proxy:8", {.timeout = 20min});
    if (!peer) {
        co_return std::nullopt;
    }
    eddy::scope sending;
    sending.spawn(send_and_end(*peer, text));
    const auto back = co_await peer->read_all(text.size(), eddy::within(2h));
    std::optional<std::string> heard;
    if (back) {
        heard = eddy::byte_view(*back).text();
    }
    co_await sending.join();
    co_await peer->close();
    co_return heard;
}

task<> must_be_heard(std::string text) {
    const auto heard = co_await say_and_hear(text);
    sim::expect(heard == text, "whoever stays is relayed to the end");
}

task<> may_be_heard(std::string text) {
    const auto heard = co_await say_and_hear(text);
    sim::expect(!heard || heard == text, "what comes to an orderly end is whole");
}

/// When there is no memory for the handler itself, the server ends the session in its own way.
task<> hears_all_or_nothing(std::string text) {
    const auto heard = co_await say_and_hear(text);
    sim::expect(!heard || heard->empty() || heard == text, "nobody hears a part");
}

TEST_CASE("relay service: clients at once, every byte comes back", "[sim][relay][seeds]") {
    sim::check_in_catch(seeds(sim::profile::hostile()), [](sim::world& world) {
        network all(world);
        for (int i = 0; i != 3; ++i) {
            auto& client = world.add_host("client " + std::to_string(i));
            client.spawn(must_be_heard(text_of(world.pick(40'000), static_cast<char>('a' + i))));
        }
        world.run();
        all.end();
        // More when both addresses of the relay answer a client, who takes the first.
        sim::expect(all.counters->relayed >= 3, "each session is counted");
    });
}

TEST_CASE("relay service: hosts vanish, others stay served", "[sim][relay][seeds]") {
    sim::check_in_catch(seeds(sim::profile::hostile()), [](sim::world& world) {
        network all(world);
        auto& staying = world.add_host("staying");
        auto& crashing = world.add_host("crashing");
        auto& parted = world.add_host("parted");
        staying.spawn(must_be_heard(text_of(20'000, 'a')));
        crashing.spawn_daemon(may_be_heard(text_of(200'000, 'b')));
        parted.spawn_daemon(may_be_heard(text_of(200'000, 'c')));
        const auto at = [&world] { return std::chrono::milliseconds(world.pick(2'000)); };
        world.after(at(), [&] { crashing.crash(); });
        world.after(at(), [&] { world.cut(parted, all.proxy.home()); });
        world.after(at(), [&] { all.proxy.home().stall(200ms); });
        world.run();
        parted.kill();
        all.end();
    });
}

TEST_CASE("relay service: any read or write fails, both ends are told", "[sim][relay][fault]") {
    const auto what = GENERATE(sim::operation::read, sim::operation::write);
    const int code = GENERATE(ECONNRESET, ETIMEDOUT);
    sim::fault failing;
    failing.what = what;
    failing.error = sim::system_error(code);
    failing.on = "proxy";

    const auto failed = sim::for_each_fault(failing, calm, [](sim::world& world) {
        network all(world);
        world.add_host("client").spawn(may_be_heard(text_of(20'000, 'a')));
        world.run();
        all.end();
        sim::expect(world.elapsed() < 5min, "nobody is left to wait");
    });

    CHECK(failed >= 3);
}

TEST_CASE("relay service: any allocation fails, nobody is told half a truth", "[sim][fault]") {
    const auto failed = sim::for_each_fault(no_memory_on("proxy"), calm, [](sim::world& world) {
        network all(world);
        world.run_for(1s);
        world.add_host("client").spawn(hears_all_or_nothing(text_of(20'000, 'a')));
        world.run();
        all.end();
    });

    CHECK(failed >= 8);
}

TEST_CASE("relay service: the service does not read, little waits in the relay", "[sim][relay]") {
    sim::world world(calm);
    std::string heard;
    network all(world, [&heard](session& peer) -> task<> {
        co_await eddy::sleep(20s); // less than the write stall
        while (auto bytes = co_await peer.read()) {
            heard += eddy::byte_view(*bytes).text();
        }
    });
    const std::string text = text_of(1'000'000, 'a');
    auto& client = world.add_host("client");
    const auto send = [](const std::string& what) -> task<> {
        auto peer = co_await eddy::connect("tcp://proxy:8");
        co_await send_and_end(*peer, what);
        co_await peer->close(1h);
    };
    client.spawn(send(text));

    world.run_for(15s);
    const auto memory = all.proxy.server().report().memory;
    CHECK(memory.inboxes + memory.outboxes <= 64UL * 1024);
    world.run();
    all.end();
    CHECK(heard == text);
}

TEST_CASE("relay service: the service stalls for good, the client is reset", "[sim][relay]") {
    sim::world world(calm);
    network all(world, [](session& peer) -> task<> { co_await peer.on_drain(); });
    eddy::error_code end;
    const auto send = [](eddy::error_code& how) -> task<> {
        auto peer = co_await eddy::connect("tcp://proxy:8");
        const std::string text(1'000'000, 'x');
        co_await peer->write(text);
        how = (co_await peer->read()).error();
    };
    world.add_host("client").spawn(send(end));

    world.run();
    CHECK(end == errc::reset);
    CHECK(all.counters->broken == 1);
    all.end();
}

TEST_CASE("relay service: the upstream is cut off, connecting gives up", "[sim][relay]") {
    sim::world world(calm);
    auto& nobody = world.add_host("nobody");
    served service(world, "service", "tcp://[::]:7", &echo);
    eddy::services::relay_service_options relaying;
    relaying.to = {"tcp://nobody:7", "tcp://service:7"};
    relaying.connect_timeout = 2s;
    relaying.counters = std::make_shared<relay_counters>();
    served proxy(world, "proxy", "tcp://[::]:8", eddy::services::relay(relaying));
    world.cut(proxy.home(), nobody);

    for (int i = 0; i != 4; ++i) { // every other session begins with the first upstream
        world.add_host("client " + std::to_string(i)).spawn(must_be_heard("hello"));
        world.run();
    }
    CHECK(relaying.counters->relayed == 4);
    CHECK(relaying.counters->failed_connects == 2);
    CHECK(world.elapsed() < 8s); // twice the time to connect
    world.cut(proxy.home(), service.home());
    world.add_host("too late").spawn(may_be_heard("hello"));
    world.run();
    CHECK(relaying.counters->unreachable == 1);
    proxy.end();
    service.end();
}

/// A drain while a request is on its way to a service that thinks about it.
TEST_CASE("relay service: drained, what is under way is finished", "[sim][relay]") {
    sim::world world(calm);
    network all(world, [](session& peer) -> task<> {
        const auto question = co_await peer.read();
        CHECK(question.has_value());
        for (int i = 0; i != 3; ++i) {
            co_await eddy::sleep(700ms);
            co_await peer.write("answer ");
        }
        co_await peer.read(); // until the relay ends
    });
    std::string heard;
    const auto ask = [](std::string& answers) -> task<> {
        auto peer = co_await eddy::connect("tcp://proxy:8");
        co_await peer->write("question");
        const auto all_of_it = co_await peer->read_all();
        CHECK(all_of_it.has_value());
        answers = eddy::byte_view(*all_of_it).text();
        co_await peer->close();
    };
    world.add_host("client").spawn(ask(heard));
    world.run_for(100ms);

    const auto begin = world.now();
    all.proxy.end();
    CHECK(world.now() - begin < 4s);
    world.run();
    CHECK(heard == "answer answer answer ");
    all.service.end();
}

} // namespace
