// SPDX-License-Identifier: BSL-1.0
// What ./check runs with thousands of seeds that nobody has run before: each seed is another
// network and another course of events.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/server/server.hpp>
#include <eddy/services/echo.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"
#include "sim/served.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::session;
using eddy::task;
using served_test::seeds;
using served_test::served;
namespace sim = eddy::sim;

/// Sends texts and wants each of them back. True when all came.
task<bool> talk(int rounds, std::size_t most) {
    auto connected = co_await eddy::connect("tcp://server:7", {.timeout = 20min});
    if (!connected) {
        co_return false;
    }
    for (int i = 0; i < rounds; ++i) {
        const std::string text(
            1 + static_cast<std::size_t>(i) * most / 8, static_cast<char>('a' + i)
        );
        co_await connected->write(text);
        const auto back = co_await connected->read_exactly(text.size(), eddy::within(20min));
        if (!back) {
            co_return false;
        }
        sim::expect(raw::text_of(*back) == text, "what comes back is what was sent");
    }
    co_await connected->close();
    co_return true;
}

task<> talk_to_the_end(int rounds, std::size_t most) {
    const bool is_served = co_await talk(rounds, most);
    sim::expect(is_served, "whoever stays is served to the end");
}

task<> talk_while_it_goes() {
    bool goes_on = true;
    while (goes_on) {
        goes_on = co_await talk(8, 2'000);
    }
}

TEST_CASE("fresh seeds: clients come, vanish and crash, who stays is served", "[sim][seeds]") {
    sim::check_in_catch(seeds(sim::profile::hostile()), [](sim::world& world) {
        served echo(world, "server", "tcp://[::]:7", &served_test::echo);
        std::vector<sim::host*> leaving;
        for (int i = 0; i < 3; ++i) {
            world.add_host("staying " + std::to_string(i)).spawn(talk_to_the_end(8, 4'000));
            leaving.push_back(&world.add_host("leaving " + std::to_string(i)));
            leaving.back()->spawn_daemon(talk_while_it_goes());
        }
        const auto at = [&world] { return std::chrono::milliseconds(world.pick(400)); };
        world.after(at(), [&] { leaving[0]->crash(); });
        world.after(at(), [&] { leaving[1]->kill(); });
        world.after(at(), [&] { world.cut(echo.home(), *leaving[2]); });
        world.after(at(), [&] { echo.home().stall(50ms); });
        world.run();
        world.heal(echo.home(), *leaving[2]);
        leaving[2]->crash();
        echo.end();
    });
}

TEST_CASE("fresh seeds: drained at any moment, every session ends in time", "[sim][seeds]") {
    sim::check_in_catch(seeds(sim::profile::mobile()), [](sim::world& world) {
        served echo(world, "server", "tcp://[::]:7", &served_test::echo);
        for (int i = 0; i < 4; ++i) {
            world.add_host("client " + std::to_string(i)).spawn_daemon(talk_while_it_goes());
        }
        world.run_for(std::chrono::milliseconds(world.pick(20'000)));
        const auto begin = world.now();
        echo.end();
        sim::expect(world.now() - begin < 1min, "no message takes so long");
    });
}

/// A chat: each line goes to everybody who is there. Who does not keep up misses lines.
class chat {
public:
    task<> serve(session& peer) {
        const guest entry(*this, peer);
        while (auto line = co_await peer.read_line()) {
            const std::string text = std::string(*line) + '\n';
            for (session* each : guests_) {
                (void)each->try_write(text);
            }
        }
    }

private:
    class guest {
    public:
        guest(chat& at, session& one) : at_(&at), one_(&one) { at.guests_.push_back(&one); }
        guest(const guest&) = delete;
        guest& operator=(const guest&) = delete;
        ~guest() { std::erase(at_->guests_, one_); }

    private:
        chat* at_;
        session* one_;
    };

    std::vector<session*> guests_;
};

task<> say(session& to, char name, sim::world& world) {
    for (char number = '0'; number <= '9'; ++number) {
        const std::string line = std::string(1, name) + number + '\n';
        co_await to.write(line);
        co_await eddy::sleep(std::chrono::milliseconds(world.pick(100)));
    }
}

/// Says ten lines, and hears them and those of the others in order.
task<> join_in(char name, sim::world& world) {
    auto there = co_await eddy::connect("tcp://server:7", {.timeout = 20min});
    sim::expect(there.has_value(), "everybody gets in");
    eddy::scope speaking;
    speaking.spawn(say(*there, name, world));
    std::map<char, char> last;
    while (last[name] != '9') {
        const auto line = co_await there->read_line(100, eddy::within(20min));
        sim::expect(line.has_value() && line->size() == 2, "lines come whole");
        auto& before = last[line->front()];
        const bool is_own = line->front() == name;
        sim::expect(line->back() > before, "lines come in order, and once");
        sim::expect(!is_own || line->back() - std::max(before, '/') == 1, "none is missing");
        before = line->back();
    }
    co_await speaking.join();
    co_await there->close();
}

TEST_CASE("fresh seeds: a chat, everybody hears lines whole and in order", "[sim][seeds]") {
    sim::check_in_catch(seeds(sim::profile::wan()), [](sim::world& world) {
        chat room;
        const auto serve = [&room](session& peer) { return room.serve(peer); };
        served talking(world, "server", "tcp://[::]:7", serve);
        for (char name = 'a'; name <= 'e'; ++name) {
            world.add_host(std::string("guest ") + name).spawn(join_in(name, world));
        }
        world.run();
        talking.end();
    });
}

task<> ask(eddy::address server, int count) {
    auto opened = eddy::datagrams::open(eddy::endpoint("udp://0.0.0.0:0"));
    std::set<std::string> sent;
    for (int i = 0; i < count; ++i) {
        const std::string text = "datagram " + std::to_string(i);
        sent.insert(text);
        co_await opened->send(server, text);
        const auto heard = co_await opened->receive(eddy::within(100ms));
        if (!heard) {
            continue; // lost, or the news that an earlier one was
        }
        for (const auto& each : *heard) {
            sim::expect(sent.contains(raw::text_of(each.data)), "what comes back was sent");
            sim::expect(each.peer == server, "it comes from the server");
        }
    }
}

TEST_CASE("fresh seeds: datagrams, lost and doubled and never changed", "[sim][seeds]") {
    sim::check_in_catch(seeds(sim::profile::hostile()), [](sim::world& world) {
        served echo(world, "server", "udp://[::]:7", &served_test::echo_datagrams);
        for (int i = 0; i < 3; ++i) {
            auto& client = world.add_host("client " + std::to_string(i));
            client.spawn(ask(echo.home().ipv4().with_port(7), 50));
        }
        world.after(std::chrono::milliseconds(world.pick(500)), [&] { echo.home().stall(200ms); });
        world.run();
        echo.end();
    });
}

task<> insist() {
    int served_in_a_row = 0;
    for (int failed = 0; served_in_a_row < 2; ++failed) {
        sim::expect(failed < 20, "the server serves on after the fault");
        const bool is_served = co_await talk(3, 100);
        served_in_a_row = is_served ? served_in_a_row + 1 : 0;
        co_await eddy::sleep(1s);
    }
}

TEST_CASE("fresh seeds: any operations fail, the server serves on", "[sim][seeds]") {
    sim::check_in_catch(seeds(sim::profile::lan()), [](sim::world& world) {
        using sim::operation;
        struct row {
            operation what;
            int error;
        };
        constexpr std::array rows{
            row{operation::accept, EMFILE},
            row{operation::accept, ECONNABORTED},
            row{operation::accept, ENOMEM},
            row{operation::attach, ENOSPC},
            row{operation::read, ECONNRESET},
            row{operation::read, ETIMEDOUT},
            row{operation::write, ECONNRESET},
            row{operation::write, ENOBUFS},
            row{operation::timer, 0},
        };
        served echo(world, "server", "tcp://[::]:7", &served_test::echo);
        for (int i = 0; i < 3; ++i) {
            const auto& [what, error] = rows[world.pick(rows.size())];
            const auto nth = 1 + world.pick(20);
            world.fail({what, nth, sim::system_error(error), 1 + world.pick(4), &echo.home()});
        }
        for (int i = 0; i < 3; ++i) {
            world.add_host("client " + std::to_string(i)).spawn(insist());
        }
        world.run();
        echo.end();
    });
}

} // namespace
