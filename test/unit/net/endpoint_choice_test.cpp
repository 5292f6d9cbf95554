// SPDX-License-Identifier: BSL-1.0
#include "net/endpoint_choice.hpp"

#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::pool_spread;
using eddy::time_point;
using eddy::detail::endpoint_choice;

constexpr time_point start{1h};
constexpr eddy::backoff_options one_second{.first = 1s, .max = 4s, .jitter = eddy::jitter::none};

eddy::error_code refused() {
    return make_error_code(std::errc::connection_refused);
}

/// Three endpoints, called a, b and c.
struct three {
    explicit three(pool_spread how = pool_spread::least_used)
        : choice({"tcp://a:1", "tcp://b:1", "tcp://c:1"}, how, one_second, 1) {}

    /// Picks one and begins a session there; "-" when there is none.
    std::string begin(time_point now = start) {
        last = choice.pick(now);
        if (!last) {
            return "-";
        }
        endpoint_choice::began(*last);
        return last->at.host();
    }
    std::string connect(time_point now = start) {
        auto name = begin(now);
        if (last) {
            endpoint_choice::connected(*last);
        }
        return name;
    }
    std::string fail(time_point now = start, eddy::error_code why = refused()) {
        auto name = begin(now);
        if (last) {
            endpoint_choice::failed(*last, why, now);
        }
        return name;
    }

    endpoint_choice choice;
    endpoint_choice::target last;
};

TEST_CASE("endpoint_choice: least used, in turns among equals", "[net][pool]") {
    three of;

    CHECK(of.connect() == "a");
    const auto at_a = of.last;
    CHECK(of.connect() == "b");
    CHECK(of.connect() == "c");
    CHECK(of.connect() == "a");

    endpoint_choice::ended(*at_a);
    endpoint_choice::ended(*at_a);
    CHECK(of.connect() == "a");
    CHECK(of.connect() == "b"); // as many everywhere but there, and a has had its turn
}

TEST_CASE("endpoint_choice: round robin, whatever is in use", "[net][pool]") {
    three of(pool_spread::round_robin);

    CHECK(of.connect() == "a");
    CHECK(of.connect() == "b");
    CHECK(of.connect() == "c");
    endpoint_choice::ended(*of.last);
    CHECK(of.connect() == "a"); // though c has none
    CHECK(of.fail() == "b");
    CHECK(of.connect() == "c");
    CHECK(of.connect() == "a");
    CHECK(of.connect() == "c");
}

TEST_CASE("endpoint_choice: one fails, left alone for longer and longer", "[net][pool]") {
    three of;
    CHECK(of.fail() == "a");
    CHECK(of.choice.next_trial() == start + 1s);
    CHECK(of.connect() == "b");
    CHECK(of.connect() == "c");
    CHECK(of.connect(start + 1s - 1ns) == "b"); // though a has none

    SECTION("on trial, one session at a time") {
        CHECK(of.begin(start + 1s) == "a");
        const auto trial = of.last;
        CHECK(of.choice.next_trial() == time_point::max());
        CHECK(of.connect(start + 1s) == "c");
        SECTION("which fails") {
            CHECK_FALSE(endpoint_choice::failed(*trial, refused(), start + 1s));
            CHECK(of.choice.next_trial() == start + 3s);
            CHECK(of.choice.failures().front().attempts == 2);
        }
        SECTION("which succeeds") {
            CHECK(endpoint_choice::connected(*trial));
            CHECK(of.connect(start + 1s) == "a");
            CHECK(of.choice.failures().empty());
            endpoint_choice::began(*trial);
            CHECK(endpoint_choice::failed(*trial, refused(), start + 1s)); // as if it were new
            CHECK(of.choice.next_trial() == start + 2s);
            CHECK(of.choice.failures().front().attempts == 1);
        }
    }
}

TEST_CASE("endpoint_choice: many under way fail together, one step of the pause", "[net][pool]") {
    endpoint_choice choice({"tcp://a:1"}, pool_spread::least_used, one_second, 1);
    const auto at = choice.pick(start);
    for (int i = 0; i != 10; ++i) {
        endpoint_choice::began(*at);
    }

    CHECK(endpoint_choice::failed(*at, refused(), start));
    for (int i = 1; i != 10; ++i) {
        CHECK_FALSE(endpoint_choice::failed(*at, refused(), start + 1ms));
    }

    CHECK(choice.next_trial() == start + 1s);
    CHECK(choice.failures().front().attempts == 10);
    CHECK(at->sessions == 0);
}

TEST_CASE(
    "endpoint_choice: all have failed, none is picked, and it is hopeless when so", "[net][pool]"
) {
    three of;
    CHECK(of.fail() == "a");
    CHECK(of.fail(start, errc::no_such_host) == "b");
    CHECK(!of.choice.hopeless());
    CHECK(of.fail(start, errc::no_such_host) == "c");
    CHECK(of.begin() == "-");
    CHECK(!of.choice.hopeless()); // one has refused, and may change its mind
    CHECK(of.choice.failures().size() == 3);

    CHECK(of.fail(start + 1s, errc::no_such_host) == "a");
    CHECK(of.choice.hopeless() == errc::no_such_host);
}

TEST_CASE("endpoint_choice: replaced, what stays keeps its state", "[net][pool]") {
    three of;
    CHECK(of.fail() == "a");
    CHECK(of.connect() == "b");
    const auto at_b = of.last;

    of.choice.replace({"tcp://d:1", "tcp://a:1", "tcp://d:1"});

    CHECK(at_b->is_removed);
    CHECK(of.connect() == "d");
    CHECK(of.connect() == "d"); // a is still left alone
    CHECK(of.choice.failures().size() == 1);
    endpoint_choice::ended(*at_b); // sessions outlive the place of their endpoint
    CHECK_THROWS_AS(of.choice.replace({}), std::invalid_argument);
}

} // namespace
