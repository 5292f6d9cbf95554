// SPDX-License-Identifier: BSL-1.0
#include "chat.hpp"

#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/sim/catch.hpp>
#include <eddy/sim/conform.hpp>

#include "chat_with_race.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

namespace sim = eddy::sim;
using namespace std::chrono_literals;

namespace {

/// [client]
/// Comes in, says `line` and listens until it comes back. False when the connection breaks.
eddy::task<bool> hears_itself(std::string name, std::string line) {
    auto peer = co_await eddy::connect("tcp://server:7012");
    if (!peer) {
        co_return false;
    }
    co_await peer->write(name + "\n" + line + "\n");
    const std::string wanted = name + ": " + line;
    while (const auto heard = co_await peer->read_line()) {
        if (*heard == wanted) {
            co_await peer->close();
            co_return true;
        }
    }
    co_return false;
}

eddy::task<> say_and_hear(std::string name, std::string line) {
    const bool heard = co_await hears_itself(name, line);
    sim::expect(heard, "what a visitor says comes back");
}
/// [client]

/// [first]
TEST_CASE("chat: one visitor, hears the own line") {
    sim::world world;
    auto& host = world.add_host("server");
    auto& visitor = world.add_host("visitor");
    chat_room room;
    eddy::server server(host.loop(), {});
    server.serve("tcp://[::]:7012", [&room](eddy::session& peer) { return room.visit(peer); });
    server.start();

    visitor.spawn(say_and_hear("ann", "hello"));
    world.run();

    server.request_drain();
    host.run(server.stopped());
    CHECK(server.report().is_clean());
    CHECK(host.open_descriptors() == 0);
}
/// [first]

/// [clients]
constexpr int last_line = 60;

/// Says line after line, "0 xxx…" to "60 xxx…", and leaves when the last has come back.
eddy::task<> speak() {
    auto peer = co_await eddy::connect("tcp://server:7012", {.timeout = 10min});
    sim::expect(peer.has_value(), "the server takes the speaker");
    co_await peer->write("ann\n");
    for (int number = 0; number <= last_line; ++number) {
        co_await peer->write(std::to_string(number) + " " + std::string(300, 'x') + "\n");
        co_await eddy::sleep(100ms);
    }
    const std::string last = "ann: " + std::to_string(last_line) + " ";
    bool is_back = false;
    while (!is_back) {
        const auto line = co_await peer->read_line();
        sim::expect(line.has_value(), "the speaker hears the last line");
        is_back = line->starts_with(last);
    }
    co_await peer->close();
}

/// Comes in at any time, and has to hear every line from the first one that it hears to the last.
eddy::task<> listen(eddy::duration after) {
    co_await eddy::sleep(after);
    auto peer = co_await eddy::connect("tcp://server:7012", {.timeout = 10min});
    sim::expect(peer.has_value(), "the server takes the listener");
    co_await peer->write("bob\n");
    int previous = -1;
    while (previous != last_line) {
        const auto line = co_await peer->read_line();
        sim::expect(line.has_value(), "the listener hears the last line");
        if (!line->starts_with("ann: ")) {
            continue; // who came
        }
        const int number = std::stoi(std::string(line->substr(5)));
        sim::expect(previous == -1 || number == previous + 1, "no line is missing");
        previous = number;
    }
    co_await peer->close();
}
/// [clients]

/// [scenario]
/// A speaker, and a listener who comes at any time, in whatever network the world is.
template <class Room>
void nobody_misses_a_line(sim::world& world) {
    auto& host = world.add_host("server");
    Room room;
    eddy::server server(host.loop(), {});
    server.serve("tcp://[::]:7012", [&room](eddy::session& peer) { return room.visit(peer); });
    server.start();

    world.add_host("ann").spawn(speak());
    world.add_host("bob").spawn(listen(world.pick(5'000) * 1ms));
    world.run();
}
/// [scenario]

/// [seeds]
/// Seeds that have found something once; they are tried first for ever.
constexpr std::uint64_t found_before[] = {3};

sim::check_options bad_networks() {
    sim::check_options options;
    options.seeds = 50;
    options.regressions = found_before;
    options.world.profile = sim::profile::hostile();
    return options;
}

TEST_CASE("chat: no line is missed") {
    sim::check_in_catch(bad_networks(), nobody_misses_a_line<chat_room>);
}
/// [seeds]

TEST_CASE("chat with race: no line is missed", "[.race]") {
    sim::check_in_catch(bad_networks(), nobody_misses_a_line<chat_room_with_race>);
}

/// [fault]
/// Two visits, of which one may break.
eddy::task<> insist() {
    const bool first = co_await hears_itself("ann", "hello");
    const bool second = co_await hears_itself("ann", "still here?");
    sim::expect(first || second, "one fault breaks one visit");
}

TEST_CASE("chat: any one read or write breaks, the room stays open") {
    const auto what = GENERATE(sim::operation::read, sim::operation::write);
    sim::world_options options;
    options.profile = sim::profile::calm();

    const auto failed =
        sim::for_each_fault(what, sim::system_error(ECONNRESET), options, [](sim::world& world) {
            auto& host = world.add_host("server");
            chat_room room;
            eddy::server server(host.loop(), {});
            server.serve("tcp://[::]:7012", [&room](eddy::session& peer) {
                return room.visit(peer);
            });
            server.start();
            world.add_host("ann").spawn(insist());
            world.run();
        });

    CHECK(failed > 0);
}
/// [fault]

/// [vanish]
TEST_CASE("chat: a visitor vanishes, nobody waits for him") {
    sim::world world;
    auto& host = world.add_host("server");
    auto& bob = world.add_host("bob");
    chat_room room;
    eddy::server server(host.loop(), {});
    server.serve("tcp://[::]:7012", [&room](eddy::session& peer) { return room.visit(peer); });
    server.start();
    bob.spawn(say_and_hear("bob", "I am off"));
    world.after(1ms, [&bob] { bob.kill(); }); // no end of stream, no reset: silence

    world.add_host("ann").spawn(say_and_hear("ann", "where is bob?"));
    world.run();
    world.run_for(30min);

    CHECK(host.open_descriptors() == 1); // the listener's: the server has noticed
}
/// [vanish]

/// [conform]
/// Each conversation has a room of its own: what was said in another one is none of its business.
eddy::task<> visit_alone(eddy::session& peer) {
    chat_room room;
    co_await room.visit(peer);
}

TEST_CASE("chat: the handler keeps the rules that all handlers share") {
    sim::conversation talk;
    talk.send("ann\n").expect("* ann is here\n");
    talk.send("hello\n").expect("ann: hello\n");
    talk.send("\n").expect("ann: \n");
    talk.refuse(std::string(chat_room::longest_line + 1, 'x') + "\n");

    sim::conform(visit_alone, talk);
}
/// [conform]

} // namespace
