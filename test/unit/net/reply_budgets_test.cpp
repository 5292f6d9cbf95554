// SPDX-License-Identifier: BSL-1.0
#include "net/reply_budgets.hpp"

#include "support/catch.hpp"

#include <string>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

constexpr time_point start{100s};
const address peer = *address::parse("192.0.2.1:5000");
const address other = *address::parse("192.0.2.1:5001");

TEST_CASE("reply_budgets: a stranger, is sent three times what came", "[net][reply_budgets]") {
    reply_budgets budgets(3);

    CHECK_FALSE(budgets.send(peer, 0, start));
    budgets.received(peer, 72, start); // 100 with the headers
    CHECK_FALSE(budgets.send(peer, 273, start));
    CHECK(budgets.send(peer, 172, start)); // 200
    CHECK_FALSE(budgets.send(peer, 73, start));
    CHECK(budgets.send(peer, 72, start)); // 300
    CHECK_FALSE(budgets.send(peer, 0, start));

    budgets.received(peer, 0, start);
    CHECK(budgets.send(peer, 56, start));
    CHECK_FALSE(budgets.send(peer, 0, start));
}

TEST_CASE("reply_budgets: peers, have one each", "[net][reply_budgets]") {
    reply_budgets budgets(3);

    budgets.received(peer, 100, start);
    CHECK_FALSE(budgets.send(other, 0, start));
    CHECK(budgets.send(peer, 100, start));
}

TEST_CASE(
    "reply_budgets: confirmed, is sent anything until it falls silent", "[net][reply_budgets]"
) {
    reply_budgets budgets(3);
    budgets.received(peer, 0, start);
    CHECK_FALSE(budgets.is_confirmed(peer, start));

    budgets.confirm(peer, start);

    CHECK(budgets.is_confirmed(peer, start));
    CHECK(budgets.send(peer, 1'000'000, start));
    CHECK_FALSE(budgets.is_confirmed(other, start));
    CHECK(budgets.is_confirmed(peer, start + 60s));
    CHECK_FALSE(budgets.is_confirmed(peer, start + 60s + 1ns));
    CHECK_FALSE(budgets.send(peer, 0, start + 61s));
    budgets.received(peer, 0, start + 61s);
    CHECK_FALSE(budgets.is_confirmed(peer, start + 61s));
    CHECK_FALSE(budgets.send(peer, 100, start + 61s));
}

TEST_CASE("reply_budgets: what comes, keeps a confirmed peer", "[net][reply_budgets]") {
    reply_budgets budgets(3);
    budgets.confirm(peer, start);

    for (int i = 1; i != 10; ++i) {
        budgets.received(peer, 0, start + i * 50s);
    }

    CHECK(budgets.is_confirmed(peer, start + 500s));
}

TEST_CASE(
    "reply_budgets: many strangers, push out who was heard longest ago", "[net][reply_budgets]"
) {
    reply_budgets budgets(3);
    budgets.confirm(peer, start);

    for (int i = 0; i != 100'000; ++i) {
        const auto port = static_cast<std::uint16_t>(i % 60'000 + 1024);
        budgets.received(
            address({198, 51, static_cast<std::uint8_t>(i / 60'000), 7}, port), 0, start
        );
    }

    CHECK_FALSE(budgets.is_confirmed(peer, start));
}

} // namespace
} // namespace eddy::detail
