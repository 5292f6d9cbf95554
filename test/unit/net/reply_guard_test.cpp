// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/reply_guard.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_port.hpp"

#include <functional>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using body = std::function<task<>(datagrams&)>;

/// Runs `test` on a loop with virtual time and a socket on port 7007.
void with_socket(const body& test) {
    const auto main = [](const body& inner) -> task<> {
        test::port_script script;
        datagrams socket(std::make_unique<test::scripted_port>(script));
        co_await inner(socket);
    };
    test::manual_loop loop;
    loop->run(main(test));
}

/// A datagram that differs from all others.
datagram fresh(std::string_view from) {
    static std::string text;
    static int number = 0;
    text = std::to_string(++number);
    datagram made;
    made.data = std::as_bytes(std::span(text));
    made.peer = *address::parse(from);
    return made;
}

datagram same(std::string_view from) {
    datagram made;
    made.peer = *address::parse(from);
    return made;
}

int allowed(reply_guard& guard, std::string_view from, int tries) {
    int count = 0;
    for (int i = 0; i != tries; ++i) {
        count += guard.allows(fresh(from)) ? 1 : 0;
    }
    return count;
}

constexpr auto client = "192.0.2.1:5000";

TEST_CASE("reply_guard: no rules but the standard ones, count each verdict", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);

        CHECK(guard.allows(fresh(client)));
        CHECK_FALSE(guard.allows(fresh("192.0.2.1:53")));
        CHECK_FALSE(guard.allows(fresh("192.0.2.1:11211")));
        CHECK_FALSE(guard.allows(fresh("192.0.2.1:7007")));
        CHECK_FALSE(guard.allows(fresh("0.0.0.0:5000")));
        CHECK_FALSE(guard.allows(fresh("224.0.0.1:5000")));

        using enum reply_verdict;
        const auto counted = socket.stats();
        for (const auto verdict :
             {reply_verdict::allowed, system_port, service_port, own_port, no_address, group_address
             }) {
            CAPTURE(to_string(verdict));
            CHECK(counted.count(verdict) == 1);
        }
        co_return;
    });
}

TEST_CASE(
    "reply_guard: a port of another guard, is not answered until that is gone", "[net][reply_guard]"
) {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard lasting(socket);
        {
            const reply_guard passing(socket);
        }
        CHECK_FALSE(lasting.allows(fresh("192.0.2.1:7007")));
        const reply_guard taken = std::move(lasting);
        reply_guard other(socket);
        CHECK_FALSE(other.allows(fresh("192.0.2.1:7007")));
        co_return;
    });
}

TEST_CASE("reply_guard: a list, answers those in it alone", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_rules rules;
        rules.allow = {*address_range::parse("192.0.2.0/24"), *address_range::parse("::1")};
        reply_guard guard(socket, rules);

        CHECK(guard.allows(fresh(client)));
        CHECK(guard.allows(fresh("[::ffff:192.0.2.9]:5000")));
        CHECK(guard.allows(fresh("[::1]:5000")));
        CHECK_FALSE(guard.allows(fresh("198.51.100.1:5000")));
        CHECK(socket.stats().count(reply_verdict::not_listed) == 1);
        datagram local;
        local.peer = address::local("/run/client");
        CHECK(guard.allows(local));
        co_return;
    });
}

TEST_CASE(
    "reply_guard: rules of services, answer this machine and this site", "[net][reply_guard]"
) {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket, reply_rules::of_service());

        CHECK(guard.allows(fresh("127.0.0.1:5000")));
        CHECK(guard.allows(fresh("10.1.2.3:5000")));
        CHECK(guard.allows(fresh("[fd00::1]:5000")));
        CHECK_FALSE(guard.allows(fresh(client)));
        CHECK_FALSE(guard.allows(fresh("[2001:db8::1]:5000")));
        co_return;
    });
}

TEST_CASE("reply_guard: a flood from one source, is answered at its rate", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);

        CHECK(allowed(guard, client, 1000) == 100);
        CHECK(allowed(guard, "192.0.2.1:6000", 1000) == 0); // the same address
        CHECK(allowed(guard, "192.0.2.2:5000", 1000) == 100);
        CHECK(allowed(guard, "[2001:db8::1]:5000", 1000) == 100);
        CHECK(allowed(guard, "[2001:db8::2]:5000", 1000) == 0); // the same /64
        CHECK(allowed(guard, "127.0.0.1:5000", 1000) == 1000);
        CHECK(socket.stats().count(reply_verdict::source_rate) == 900 + 1000 + 900 + 900 + 1000);

        co_await sleep(1s);
        CHECK(allowed(guard, client, 1000) == 50);
    });
}

TEST_CASE(
    "reply_guard: a flood from everywhere, is answered at the rate of all", "[net][reply_guard]"
) {
    with_socket([](datagrams& socket) -> task<> {
        reply_rules rules;
        rules.rate = 10;
        reply_guard guard(socket, rules);
        int count = 0;
        for (std::uint8_t i = 0; i != 100; ++i) {
            datagram one = fresh(client);
            one.peer = address({192, 0, 2, i}, 5000);
            count += guard.allows(one) ? 1 : 0;
        }

        CHECK(count == 20);
        CHECK(socket.stats().count(reply_verdict::rate) == 80);
        CHECK(guard.allows(fresh("127.0.0.1:5000")));
        co_return;
    });
}

TEST_CASE(
    "reply_guard: the same again and again, silences its peer for a minute", "[net][reply_guard]"
) {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);
        for (int i = 0; i != 20; ++i) {
            CHECK(guard.allows(same("127.0.0.1:5000")));
        }

        CHECK_FALSE(guard.allows(same("127.0.0.1:5000")));
        CHECK_FALSE(guard.allows(fresh("127.0.0.1:5000")));
        CHECK(guard.allows(same("127.0.0.1:5001")));
        CHECK(socket.stats().count(reply_verdict::loop) == 2);
        co_await sleep(60s);
        CHECK(guard.allows(same("127.0.0.1:5000")));
    });
}

TEST_CASE("reply_guard: a stranger, is sent three times what came", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);
        const address peer = *address::parse(client);

        CHECK_FALSE(guard.may_send(peer, 0)); // nothing came
        REQUIRE(guard.allows(same(client)));
        CHECK_FALSE(guard.may_send(peer, 57)); // 28 bytes of headers in, 84 out
        CHECK(guard.may_send(peer, 56));
        CHECK_FALSE(guard.may_send(peer, 0));
        CHECK(socket.stats().count(reply_verdict::too_large) == 3);
        co_return;
    });
}

TEST_CASE("reply_guard: what is not allowed, earns no bytes", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);
        CHECK_FALSE(guard.allows(same("192.0.2.1:53")));
        CHECK_FALSE(guard.may_send(*address::parse("192.0.2.1:53"), 0));
        co_return;
    });
}

TEST_CASE(
    "reply_guard: a confirmed peer, is exempt from rates, loops and size", "[net][reply_guard]"
) {
    with_socket([](datagrams& socket) -> task<> {
        reply_guard guard(socket);
        const address peer = *address::parse(client);
        REQUIRE(guard.allows(fresh(client)));

        guard.confirm(peer);

        CHECK(allowed(guard, client, 1000) == 1000);
        for (int i = 0; i != 100; ++i) {
            CHECK(guard.allows(same(client)));
        }
        CHECK(guard.may_send(peer, 1'000'000));
        CHECK(allowed(guard, "192.0.2.1:5001", 1000) == 99); // another port is another peer

        co_await sleep(61s);
        CHECK(guard.allows(fresh(client)));
        CHECK_FALSE(guard.may_send(peer, 1000));
    });
}

TEST_CASE("reply_guard: rules that are off, allow everything", "[net][reply_guard]") {
    with_socket([](datagrams& socket) -> task<> {
        reply_rules rules;
        rules.rate_per_source = 0;
        rules.rate = 0;
        rules.repeats = 0;
        rules.amplification = 0;
        reply_guard guard(socket, rules);
        for (int i = 0; i != 10'000; ++i) {
            REQUIRE(guard.allows(same(client)));
        }
        CHECK(guard.may_send(*address::parse(client), 60'000));
        guard.confirm(*address::parse(client));
        co_return;
    });
}

} // namespace
} // namespace eddy
