// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>

#include "sim/pooling.hpp"
#include "support/catch.hpp"

#include <stdexcept>

// A round trip takes 2 ms.
namespace {

using namespace std::chrono_literals;
using eddy::pool;
using eddy::pool_close;
using eddy::pool_options;
using eddy::session;
using eddy::task;
using eddy::within;

using pooled_test::ask;
using pooled_test::pooling;

TEST_CASE("pool: an idle session whose peer has closed, never lent", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling& self) -> task<> {
        {
            const auto used = co_await tested.acquire(within(1s));
        }
        CHECK(tested.stats().idle == 1);
        self.world.after(0s, [&self] { self.server->restart(); });
        co_await eddy::sleep(10ms);
        CHECK(tested.stats().idle == 0); // at once, not only when somebody asks
        CHECK(tested.stats().closed_for(pool_close::by_peer) == 1);

        auto fresh = co_await tested.acquire(within(1s));
        const auto answer = co_await ask(**fresh, "hello");
        CHECK(answer == "hello");
    });
}

TEST_CASE("pool: the peer closes while the client stands still, never lent", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling& self) -> task<> {
        {
            const auto used = co_await tested.acquire(within(1s));
        }
        // What happens meanwhile is in the kernel, and not told to the loop, when it goes on.
        self.world.after(5ms, [&self] {
            self.server->restart();
            self.client.stall(1s);
        });
        co_await eddy::sleep(6ms);
        auto fresh = co_await tested.acquire(within(1s));
        const auto answer = co_await ask(**fresh, "hello");
        CHECK(answer == "hello");
        CHECK(tested.stats().connects == 2);
    });
}

TEST_CASE("pool: an idle session that speaks unasked, thrown away", "[sim][pool]") {
    pooling test;
    test.run([](pool& tested, pooling&) -> task<> {
        {
            auto used = co_await tested.acquire(within(1s));
            const auto answer = co_await ask(**used, "later"); // and something more in a second
            CHECK(answer == "later");
        }
        CHECK(tested.stats().idle == 1);
        co_await eddy::sleep(2s);
        CHECK(tested.stats().idle == 0);
        CHECK(tested.stats().closed_for(pool_close::unexpected) == 1);
    });
}

TEST_CASE("pool: nobody needs them, sessions are closed by time", "[sim][pool]") {
    pooling test({.max_idle = 10s, .max_age = 100s});
    test.run([](pool& tested, pooling& self) -> task<> {
        {
            const auto first = co_await tested.acquire(within(1s));
            const auto second = co_await tested.acquire(within(1s));
        }
        co_await eddy::sleep(9s);
        {
            const auto used = co_await tested.acquire(within(1s));
        }
        co_await eddy::sleep(9s);
        CHECK(tested.stats().idle == 1); // the one that was used stays
        CHECK(tested.stats().closed_for(pool_close::idle) == 1);
        for (int i = 0; i != 10; ++i) {
            const auto used = co_await tested.acquire(within(1s));
            co_await eddy::sleep(9s);
        }
        CHECK(tested.stats().closed_for(pool_close::age) == 1);
        CHECK(tested.stats().connects == 3);
        co_await eddy::sleep(20s);
        CHECK(tested.stats().idle == 0);
        CHECK(self.server->sessions() == 0);
    });
}

/// Asks, and finds the server well unless it answers something else.
task<bool> ping(session& idle) {
    const auto answer = co_await ask(idle, "ping");
    co_return answer == "ping";
}

TEST_CASE("pool: idle sessions are checked, the sick are closed", "[sim][pool]") {
    struct row {
        const char* name;
        const char* mode; // of the server, from the second check on
        std::size_t idle;
        std::uint64_t closed;
    };
    const auto each = GENERATE(values<row>({
        {"answers", "well", 1, 0},
        {"answers something else", "sick", 0, 1},
        {"does not answer", "silent", 0, 1},
        {"answers, and then something more", "chatty", 0, 1},
    }));
    INFO(each.name);
    pooling test({.max_idle = 10min, .check = ping, .check_interval = 10s, .check_timeout = 2s});
    test.run([each](pool& tested, pooling& self) -> task<> {
        {
            const auto used = co_await tested.acquire(within(1s));
        }
        co_await eddy::sleep(11s);
        CHECK(tested.stats().idle == 1);
        CHECK(self.server->lines() == 1);
        self.server->set_mode(each.mode);
        co_await eddy::sleep(9500ms);
        CHECK(self.server->lines() == 2);
        co_await eddy::sleep(5s);
        CHECK(tested.stats().idle == each.idle);
        CHECK(tested.stats().closed_for(pool_close::check) == each.closed);
        CHECK(tested.stats().checking == 0);
    });
}

TEST_CASE("pool: a session in use, is not due for a check when it comes back", "[sim][pool]") {
    pooling test({.max_idle = 10min, .check = ping, .check_interval = 10s});
    test.run([](pool& tested, pooling& self) -> task<> {
        {
            const auto used = co_await tested.acquire(within(1s));
            co_await eddy::sleep(9s);
        }
        co_await eddy::sleep(9s);
        CHECK(self.server->lines() == 0);
        co_await eddy::sleep(2s);
        CHECK(self.server->lines() == 1);
    });
}

TEST_CASE("pool: a check that throws, has failed", "[sim][pool]") {
    pool_options options{.check_interval = 10s};
    options.check = [](session&) -> task<bool> { throw std::runtime_error("no"); };
    pooling test(options);
    test.run([](pool& tested, pooling&) -> task<> {
        {
            const auto used = co_await tested.acquire(within(1s));
        }
        co_await eddy::sleep(11s);
        CHECK(tested.stats().closed_for(pool_close::check) == 1);
        const auto fresh = co_await tested.acquire(within(1s));
        CHECK(fresh.has_value());
    });
}

} // namespace
