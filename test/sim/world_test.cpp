// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <functional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
namespace sim = eddy::sim;

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

std::string text_of_failure(const std::function<void()>& failing) {
    try {
        failing();
    } catch (const std::exception& thrown) {
        return thrown.what();
    }
    return "";
}

TEST_CASE("world: a server and a client, one virtual hour later", "[sim][world]") {
    // [first-world]
    sim::world world;
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto serve = []() -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        const auto accepted = co_await raw::accept(*listener);
        co_await eddy::sleep(1h);
        co_await raw::write(*accepted.stream, "good morning");
    };
    auto talk = [](eddy::address to) -> task<> {
        const auto connected = co_await raw::connect(to);
        const auto heard = co_await raw::read_all(*connected.stream);
        sim::expect(heard.text == "good morning", "the greeting arrives");
    };

    server.spawn(serve());
    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();
    // [first-world]

    CHECK(world.now().time_since_epoch() > 2h); // a world begins at one hour
}

TEST_CASE("world: a task throws, run throws it", "[sim][world]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto fail = []() -> task<> {
        co_await eddy::sleep(1ms);
        throw std::runtime_error("no more paper");
    };

    host.spawn(fail());

    CHECK_THROWS_WITH(world.run(), "no more paper");
}

TEST_CASE("world: tasks that wait for nothing, run names where", "[sim][world]") {
    sim::world world(calm());
    auto& host = world.add_host("idle host");
    auto wait = []() -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        co_await raw::accept(*listener);
    };

    host.spawn(wait());
    const auto text = text_of_failure([&] { world.run(); });

    CHECK(text.find("idle host") != text.npos);
    CHECK(text.find("raw_operations.hpp") != text.npos); // the innermost await
}

TEST_CASE("world: something runs in circles, the event limit ends it", "[sim][world]") {
    auto options = calm();
    options.event_limit = 1'000;
    sim::world world(options);
    auto& host = world.add_host("host");
    auto spin = []() -> task<> {
        for (;;) {
            co_await eddy::sleep(1us);
        }
    };

    host.spawn(spin());

    CHECK(text_of_failure([&] { world.run(); }).find("in circles") != std::string::npos);
}

TEST_CASE("world: run_for and run_until, time passes exactly so far", "[sim][world]") {
    sim::world world(calm());
    world.add_host("host");
    const auto begin = world.now();
    bool reached = false;
    world.after(30ms, [&] { reached = true; });

    world.run_for(10ms);
    CHECK(world.now() - begin == 10ms);
    CHECK_FALSE(reached);

    CHECK(world.run_until([&] { return reached; }));
    CHECK(world.now() - begin == 30ms);
    CHECK_FALSE(world.run_until([] { return false; }));
}

TEST_CASE("host: run, gives the task's value", "[sim][host]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto measure = []() -> task<eddy::duration> {
        const auto begin = eddy::loop_clock::now();
        co_await eddy::sleep(90s);
        co_return eddy::loop_clock::now() - begin;
    };

    CHECK(host.run(measure()) == 90s);
}

TEST_CASE("host: stalled, completions come when it goes on", "[sim][host]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto nap = []() -> task<eddy::duration> {
        const auto begin = eddy::loop_clock::now();
        co_await eddy::sleep(1s);
        co_return eddy::loop_clock::now() - begin;
    };
    world.after(500ms, [&] { host.stall(10s); });

    CHECK(host.run(nap()) == 10'500ms);
}

TEST_CASE("host: its clock jumps, timers that were due meanwhile fire at once", "[sim][host]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    auto& other = world.add_host("other");
    auto nap = []() -> task<> { co_await eddy::sleep(1h); };
    const auto begin = world.now();
    world.after(1s, [&] { host.jump(2h); });

    host.spawn(nap());
    world.run();

    CHECK(world.now() - begin == 1s);
    CHECK(host.now() - other.now() == 2h);
}

TEST_CASE("host: signalled, the sink hears it on the loop", "[sim][host]") {
    struct sink final : eddy::signal_sink {
        void on_signal(int number) noexcept override { heard = number; }
        int heard = 0;
    };
    sim::world world(calm());
    auto& host = world.add_host("host");
    sink listening;
    host.loop().driver().watch_signals(&listening);

    host.signal(SIGTERM);
    world.run_until_idle();

    CHECK(listening.heard == SIGTERM);
}

TEST_CASE("host: two loops, a message from one to the other", "[sim][host]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    eddy::loop second(host.make_engine());
    bool ran_there = false;
    auto send = [](eddy::loop& to, bool& set) -> task<> {
        to.post([&] { set = eddy::loop::current_or_null() == &to; });
        co_return;
    };

    host.spawn(send(second, ran_there));
    world.run_until_idle();

    CHECK(ran_there);
}

TEST_CASE("fault: the n-th operation fails with the given error", "[sim][fault]") {
    sim::world world(calm());
    auto& server = world.add_host("server");
    world.fail({sim::operation::accept, 2, sim::system_error(ECONNABORTED)});
    std::vector<bool> accepted;
    auto serve = [](std::vector<bool>& into) -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        for (int i = 0; i < 3; ++i) {
            const auto each = co_await raw::accept(*listener);
            into.push_back(!each.error);
        }
    };
    auto talk = [](eddy::address to) -> task<> {
        for (int i = 0; i < 2; ++i) {
            const auto connected = co_await raw::connect(to);
            sim::expect(!connected.error, "the client connects");
        }
    };

    server.spawn(serve(accepted));
    server.spawn(talk(server.ipv4().with_port(7)));
    world.run();

    CHECK(accepted == std::vector{true, false, true});
    CHECK(world.faults().all_fired());
}

/// A server that says one line to a client that may come back once.
void greet(sim::world& world) {
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto serve = []() -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        for (;;) {
            const auto accepted = co_await raw::accept(*listener);
            if (accepted.stream) {
                co_await raw::write(*accepted.stream, "hello");
            }
        }
    };
    auto talk = [](eddy::address to) -> task<> {
        for (int attempt = 0; attempt < 2; ++attempt) {
            const auto connected = co_await raw::connect(to);
            if (!connected.stream) {
                continue;
            }
            const auto heard = co_await raw::read_all(*connected.stream);
            if (heard.text == "hello") {
                co_return;
            }
        }
        sim::expect(false, "one of two attempts succeeds");
    };
    server.spawn_daemon(serve());
    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();
}

TEST_CASE("for_each_fault: every operation fails in turn, until all have", "[sim][fault]") {
    const auto reset = sim::system_error(ECONNRESET);

    CHECK(sim::for_each_fault(sim::operation::connect, reset, calm(), greet) == 1);
    CHECK(sim::for_each_fault(sim::operation::accept, reset, calm(), greet) >= 1);
    CHECK(sim::for_each_fault(sim::operation::write, reset, calm(), greet) == 1);
    CHECK(sim::for_each_fault(sim::operation::read, reset, calm(), greet) >= 2);
}

TEST_CASE(
    "for_each_fault: a scenario that cannot bear it, named with operation and number",
    "[sim][fault]"
) {
    const auto text = text_of_failure([] {
        sim::for_each_fault(sim::operation::listen, sim::system_error(EADDRINUSE), calm(), greet);
    });

    CHECK(text.find("listen number 1") != text.npos);
}

} // namespace
