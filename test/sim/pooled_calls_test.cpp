// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/messages/pooled_calls.hpp>
#include <eddy/messages/serve_messages.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/world.hpp>
#include <eddy/wire/line.hpp>

#include "sim/pooled_service.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::byte_view;
using eddy::deadline;
using eddy::errc;
using eddy::pool;
using eddy::pool_close;
using eddy::pool_options;
using eddy::task;
using eddy::within;
namespace sim = eddy::sim;

/// Lines that begin with a number.
struct numbered : eddy::wire::line {
    [[nodiscard]] std::uint64_t id_of(std::string_view text) const noexcept {
        return std::strtoull(std::string(text).c_str(), nullptr, 10);
    }
};

using calls_of_lines = eddy::pooled_calls<numbered>;

/// The same line, after a while: "1 slow" after 5 s, others after 10 ms.
task<std::string> answer(const std::string_view& question) {
    std::string said(question);
    co_await eddy::sleep(said.ends_with("slow") ? eddy::duration(5s) : eddy::duration(10ms));
    co_return said;
}

struct calling {
    explicit calling(pool_options with = {}) : options(std::move(with)) { start(); }

    void start() {
        server.emplace(host.loop(), eddy::server_config());
        const eddy::serve_messages_options many{.concurrency = 1000};
        server->serve("tcp://[::]:7", eddy::serve_messages(numbered(), answer, many));
        server->start();
    }

    template <class Body>
    void run(std::size_t pipeline, Body body) {
        const auto main = [](calling& self, std::size_t most, Body& inner) -> task<> {
            pool sessions("tcp://server:7", self.options);
            {
                calls_of_lines calls(sessions, numbered(), most);
                co_await inner(calls, sessions, self);
                CHECK(calls.sessions() == 0);
            }
            CHECK(sessions.stats().leased == 0);
            co_await sessions.close(within(1min));
        };
        client.spawn(main(*this, pipeline, body));
        world.run();
        CHECK(client.open_descriptors() == 0);
    }

    pool_options options;
    sim::world world{{.profile = sim::profile::calm()}};
    sim::host& host = world.add_host("server");
    sim::host& client = world.add_host("client");
    std::optional<eddy::server> server;
};

task<>
ask(calls_of_lines& calls, std::string text, deadline limit, std::vector<std::string>& heard) {
    const std::string question = std::to_string(calls.next_id()) + ' ' + text;
    const auto got = co_await calls.call(std::string_view(question), limit);
    if (got) {
        CHECK(std::string(**got) == question);
        heard.push_back(text);
    } else {
        heard.push_back(got.error().message());
    }
}

TEST_CASE("pooled_calls: many at once, over as few sessions as will do", "[sim][pool]") {
    calling test({.max_sessions = 3});
    test.run(10, [](calls_of_lines& calls, pool& sessions, calling&) -> task<> {
        std::vector<std::string> heard;
        eddy::scope asking;
        for (int i = 0; i != 10; ++i) {
            asking.spawn(ask(calls, "hello", within(5s), heard));
        }
        co_await asking.join();
        CHECK(sessions.stats().connects == 1);
        const auto begin = eddy::loop_clock::now();
        for (int i = 0; i != 100; ++i) {
            asking.spawn(ask(calls, "hello", within(5s), heard));
        }
        co_await eddy::sleep(8ms);
        CHECK(calls.sessions() == 3);
        co_await asking.join();
        CHECK(heard == std::vector<std::string>(110, "hello"));
        CHECK(sessions.stats().connects == 3);
        CHECK(eddy::loop_clock::now() - begin < 100ms); // four rounds of 12 ms
    });
}

TEST_CASE("pooled_calls: one after the other, the session is reused", "[sim][pool]") {
    calling test;
    test.run(10, [](calls_of_lines& calls, pool& sessions, calling&) -> task<> {
        std::vector<std::string> heard;
        for (int i = 0; i != 5; ++i) {
            co_await ask(calls, "hello", within(5s), heard);
        }
        CHECK(heard == std::vector<std::string>(5, "hello"));
        CHECK(sessions.stats().connects == 1);
        CHECK(sessions.stats().reused == 4);
    });
}

TEST_CASE("pooled_calls: an answer is owed, the session is not lent again", "[sim][pool]") {
    calling test;
    test.run(10, [](calls_of_lines& calls, pool& sessions, calling&) -> task<> {
        std::vector<std::string> heard;
        co_await ask(calls, "slow", within(1s), heard);
        CHECK(sessions.stats().closed_for(pool_close::unfit) == 1);
        co_await ask(calls, "hello", within(1s), heard);
        CHECK(heard == std::vector<std::string>{"timed out", "hello"});

        // But it is when the answer has come before the others on that session were done.
        eddy::scope asking;
        asking.spawn(ask(calls, "slow", within(1s), heard));
        co_await eddy::sleep(100ms);
        asking.spawn(ask(calls, "slow", within(10s), heard));
        co_await asking.join();
        CHECK(heard.back() == "slow");
        CHECK(sessions.stats().closed_for(pool_close::unfit) == 1);
    });
}

TEST_CASE("pooled_calls: waits for a session no longer than its limit", "[sim][pool]") {
    calling test;
    test.server.reset();
    test.run(1, [](calls_of_lines& calls, pool& sessions, calling& self) -> task<> {
        std::vector<std::string> heard;
        co_await ask(calls, "hello", within(1s), heard);
        CHECK(heard == std::vector<std::string>{"timed out"});
        CHECK(sessions.failures().size() == 1);
        self.world.after(1s, [&self] { self.start(); });
        co_await ask(calls, "hello", within(1min), heard);
        CHECK(heard.back() == "hello");
    });
}

TEST_CASE("pooled_calls: the server goes, calls under way are told", "[sim][pool]") {
    calling test;
    test.run(2, [](calls_of_lines& calls, pool&, calling& self) -> task<> {
        std::vector<std::string> heard;
        eddy::scope asking;
        for (int i = 0; i != 3; ++i) {
            asking.spawn(ask(calls, "slow", within(1min), heard));
        }
        self.world.after(1s, [&self] {
            self.server.reset();
            self.start();
        });
        co_await asking.join();
        CHECK(heard.size() == 3);
        CHECK(std::count(heard.begin(), heard.end(), "slow") == 0);
        co_await ask(calls, "hello", within(1s), heard);
        CHECK(heard.back() == "hello");
    });
}

TEST_CASE("pooled_calls: the pool is closed, those who wait are told", "[sim][pool]") {
    calling test({.max_sessions = 1});
    test.run(1, [](calls_of_lines& calls, pool& sessions, calling&) -> task<> {
        std::vector<std::string> heard;
        eddy::scope asking;
        asking.spawn(ask(calls, "slow", within(1min), heard));
        asking.spawn(ask(calls, "hello", within(1min), heard));
        co_await eddy::sleep(1s);
        co_await sessions.close();
        co_await asking.join();
        CHECK(heard == std::vector<std::string>{"closed on this side", "slow"});
    });
}

TEST_CASE("pooled_calls: who waits is stopped or destroyed, the others go on", "[sim][pool]") {
    calling test({.max_sessions = 1});
    test.run(1, [](calls_of_lines& calls, pool&, calling&) -> task<> {
        std::vector<std::string> heard;
        eddy::scope asking;
        eddy::scope stopped;
        std::optional<eddy::scope> destroyed(std::in_place);
        asking.spawn(ask(calls, "first", within(1min), heard));
        stopped.spawn(ask(calls, "stopped", within(1min), heard));
        destroyed->spawn(ask(calls, "destroyed", within(1min), heard));
        asking.spawn(ask(calls, "last", within(1min), heard));
        co_await eddy::sleep(1ms);
        stopped.request_stop();
        destroyed.reset();
        co_await stopped.join();
        co_await asking.join();
        CHECK(heard == std::vector<std::string>{"cancelled", "first", "last"});
    });
}

TEST_CASE(
    "pooled_calls: a place is given to one who is destroyed, the next gets it", "[sim][pool]"
) {
    calling test({.max_sessions = 1});
    test.run(1, [](calls_of_lines& calls, pool&, calling&) -> task<> {
        std::vector<std::string> heard;
        std::optional<eddy::scope> doomed(std::in_place);
        eddy::scope others;
        const auto destroy_next = [&]() -> task<> {
            co_await ask(calls, "first", within(1min), heard);
            doomed.reset(); // who has its place now, and has not run yet
        };
        others.spawn(destroy_next());
        doomed->spawn(ask(calls, "doomed", within(1min), heard));
        others.spawn(ask(calls, "last", within(1min), heard));
        co_await others.join();
        CHECK(heard == std::vector<std::string>{"first", "last"});
    });
}

TEST_CASE("pooled_calls: several sessions have room, the one with fewest calls", "[sim][pool]") {
    calling test;
    test.run(3, [](calls_of_lines& calls, pool&, calling&) -> task<> {
        std::vector<std::string> heard;
        eddy::scope asking;
        for (const char* text : {"hello", "slow", "slow"}) {
            asking.spawn(ask(calls, text, within(1min), heard));
        }
        asking.spawn(ask(calls, "slow", within(1s), heard));
        co_await eddy::sleep(100ms); // the first session has two calls, the second one
        asking.spawn(ask(calls, "slow", within(1min), heard));
        co_await eddy::sleep(2s);
        CHECK(calls.sessions() == 2); // the second is not without calls
        co_await asking.join();
    });
}

TEST_CASE("pooled_calls: a session ends before it has a call, another is made", "[sim][pool]") {
    calling test({.max_sessions = 1});
    int visits = 0;
    const auto turn_the_first_away = [&visits](eddy::session& peer) -> task<> {
        if (visits++ == 0) {
            co_return;
        }
        while (const auto line = co_await peer.read_line()) {
            co_await peer.write(*line, "\n");
        }
    };
    test.server.emplace(test.host.loop(), eddy::server_config());
    test.server->serve("tcp://[::]:7", turn_the_first_away);
    test.server->start();
    test.run(1, [](calls_of_lines& calls, pool& sessions, calling& self) -> task<> {
        // It is made and closed while the client stands still, which hears of both at once.
        self.world.after(1ms, [&self] { self.client.stall(1s); });
        std::vector<std::string> heard;
        co_await ask(calls, "hello", within(10s), heard);
        CHECK(heard == std::vector<std::string>{"hello"});
        CHECK(sessions.stats().connects == 2);
    });
}

/// Calls until it has been answered so often; what fails is done again.
task<> insist(calls_of_lines& calls, int answers) {
    co_await eddy::sleep(600ms); // what sets it up may fail as a whole
    int failed = 0;
    while (answers != 0) {
        bool is_answered = false;
        try {
            const std::string question = std::to_string(calls.next_id());
            const auto got = co_await calls.call(std::string_view(question), within(5s));
            is_answered = got && **got == question;
        } catch (const std::bad_alloc&) {
            is_answered = false;
        }
        answers -= is_answered ? 1 : 0;
        failed += is_answered ? 0 : 1;
        sim::expect(failed <= 10, "calls go on after the fault");
        co_await eddy::sleep(100ms);
    }
}

TEST_CASE("pooled_calls: any allocation fails, or several in a row, it goes on", "[sim][fault]") {
    sim::fault no_memory;
    no_memory.what = sim::operation::allocate;
    no_memory.on = "client";
    no_memory.since = 500ms;
    no_memory.times = GENERATE(1U, 2U, 3U);
    const auto main = []() -> task<> {
        pool sessions("tcp://server:7", {.max_sessions = 2});
        calls_of_lines calls(sessions, numbered(), 1);
        eddy::scope asking;
        for (int i = 0; i != 3; ++i) { // so that one waits for a place
            asking.spawn(insist(calls, 3));
        }
        co_await asking.join();
        sim::expect(calls.sessions() == 0, "every session is given back");
    };

    const auto faults = sim::for_each_fault(
        no_memory,
        {.profile = sim::profile::calm()},
        [&main](sim::world& world) {
            const pooled_test::line_server server(world.add_host("server"));
            auto& client = world.add_host("client");
            client.spawn(main());
            world.run();
            sim::expect(client.open_descriptors() == 0, "no socket is left");
            sim::expect(client.loop().tasks().empty(), "no task is left");
            sim::expect(client.loop().blocks().lent() == 0, "no buffer is left");
        }
    );

    CHECK(faults >= 30);
}

} // namespace
