// SPDX-License-Identifier: BSL-1.0
#include "server/admission.hpp"

#include "platform/descriptors.hpp"
#include "platform/unique_fd.hpp"
#include "server/listener.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace eddy::detail {
namespace {

constexpr time_point now{std::chrono::seconds(100)};

/// A place for a session from there; none when there is none.
admission_slot take(admission& door, listener& at, const address& source) {
    admission_slot taken;
    (void)door.take(at, source, now, admission::rule::all, taken);
    return taken;
}

listener make_listener(listen_options options = {}) {
    return {endpoint("tcp://127.0.0.1:0"), handler([](session&) -> task<> { co_return; }), options};
}

TEST_CASE("admission: the server's places are all listeners', a listener's its own") {
    server_config config;
    config.max_sessions = 3;
    admission door(config);
    listener one = make_listener({.max_sessions = 2});
    listener other = make_listener();
    const address client = *address::parse("192.0.2.1:5");

    std::vector<admission_slot> taken;
    taken.push_back(take(door, one, client));
    CHECK(door.lacks(one, now) == admission::lack::nothing);
    taken.push_back(take(door, one, client));
    CHECK(door.lacks(one, now) == admission::lack::own_place);
    CHECK(door.lacks(other, now) == admission::lack::nothing);
    taken.push_back(take(door, other, client));
    CHECK(door.lacks(other, now) == admission::lack::place);

    taken.erase(taken.begin());
    CHECK(door.lacks(one, now) == admission::lack::nothing);
    CHECK(door.lacks(other, now) == admission::lack::nothing);
    taken.clear();
    CHECK(one.places.value == 0);
}

TEST_CASE("admission: a moved place is given back once") {
    admission door({});
    listener at = make_listener({.max_sessions = 5});
    const address client = *address::parse("192.0.2.1:5");
    {
        admission_slot first = take(door, at, client);
        admission_slot second = std::move(first);
        CHECK_FALSE(first.is_taken());
        CHECK(second.is_taken());
        second = take(door, at, client);
        CHECK(at.places.value == 1);
    }
    CHECK(at.places.value == 0);
}

TEST_CASE("admission: each source has its own count") {
    server_config config;
    config.max_sessions_per_source = 2;
    admission door(config);
    listener at = make_listener();
    const address greedy = *address::parse("192.0.2.1:5");
    const address modest = *address::parse("192.0.2.2:5");

    admission_slot first = take(door, at, greedy);
    const admission_slot second = take(door, at, greedy);
    CHECK_FALSE(take(door, at, greedy).is_taken());
    CHECK(take(door, at, modest).is_taken());
    first.release();
    CHECK(take(door, at, greedy).is_taken());
}

TEST_CASE("admission: peers without an address are not one source") {
    server_config config;
    config.max_sessions_per_source = 1;
    admission door(config);
    listener at = make_listener();
    const address local;
    const admission_slot first = take(door, at, local);
    CHECK(take(door, at, local).is_taken());
}

TEST_CASE("admission: connections beyond the rate wait, and the refused count") {
    server_config config;
    config.accept_rate = 2;
    admission door(config);
    listener at = make_listener();
    CHECK(take(door, at, {}).is_taken());
    CHECK(door.lacks(at, now) == admission::lack::nothing);
    door.count_refused();
    CHECK(door.lacks(at, now) == admission::lack::rate);
    CHECK(door.wait(now) == std::chrono::milliseconds(500));
    CHECK(door.lacks(at, now + std::chrono::milliseconds(500)) == admission::lack::nothing);
}

TEST_CASE("admission: who comes more often than its source may is known, the others are not") {
    server_config config;
    config.accept_rate_per_source = 2;
    admission door(config);
    const address greedy = *address::parse("[2001:db8::1]:5");
    const address same_customer = *address::parse("[2001:db8::ffff:2]:6");
    const address modest = *address::parse("[2001:db8:0:1::1]:5");
    const address local;

    CHECK_FALSE(door.comes_too_often(greedy, now));
    CHECK_FALSE(door.comes_too_often(same_customer, now));
    CHECK(door.comes_too_often(greedy, now));
    CHECK(door.comes_too_often(same_customer, now));
    CHECK_FALSE(door.comes_too_often(modest, now));
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(door.comes_too_often(local, now));
    }
    CHECK_FALSE(door.comes_too_often(greedy, now + std::chrono::milliseconds(500)));
    CHECK(door.comes_too_often(greedy, now + std::chrono::milliseconds(500)));
}

TEST_CASE("admission: without a rate for sources nobody comes too often") {
    admission door({});
    const address client = *address::parse("192.0.2.1:5");
    for (int i = 0; i < 1000; ++i) {
        REQUIRE_FALSE(door.comes_too_often(client, now));
    }
}

TEST_CASE("admission: places are given back on any thread") {
    server_config config;
    config.max_sessions_per_source = 1'000'000;
    admission door(config);
    listener at = make_listener({.max_sessions = 1'000'000});
    const address client = *address::parse("192.0.2.1:5");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        std::vector<admission_slot> slots;
        for (int j = 0; j < 1000; ++j) {
            slots.push_back(take(door, at, client));
        }
        threads.emplace_back([given = std::move(slots)]() mutable { given.clear(); });
    }
    for (auto& each : threads) {
        each.join();
    }
    CHECK(at.places.value == 0);
}

TEST_CASE("admission: who waits in a queue that is closed, is served beyond the places") {
    server_config config;
    config.max_sessions = 1;
    config.max_sessions_per_source = 2;
    config.accept_rate = 1;
    admission door(config);
    listener at = make_listener({.max_sessions = 1});
    const address client = *address::parse("192.0.2.1:5");
    const admission_slot first = take(door, at, client);
    admission_slot second;
    admission_slot third;

    CHECK(door.take(at, client, now, admission::rule::all, second) == admission::lack::own_place);
    CHECK(door.take(at, client, now, admission::rule::sources, second) == admission::lack::nothing);
    CHECK(door.take(at, client, now, admission::rule::sources, third) == admission::lack::share);
    CHECK(at.places.value == 2);
}

/// This process may have 64 descriptors, of which sessions have those up to 55.
class few_descriptors {
public:
    few_descriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        ::rlimit few = before_;
        few.rlim_cur = 64;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    few_descriptors(const few_descriptors&) = delete;
    few_descriptors& operator=(const few_descriptors&) = delete;
    ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

    /// Takes those below `next`.
    void take_up_to(int next) {
        while (platform::lowest_free_descriptor() < next) {
            taken_.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        }
        REQUIRE(platform::lowest_free_descriptor() == next);
    }

private:
    ::rlimit before_{};
    std::vector<platform::unique_fd> taken_;
};

TEST_CASE("admission: the last descriptors are not for sessions") {
    few_descriptors own;
    admission door({});
    listener at = make_listener({.max_sessions = 1});

    own.take_up_to(55);
    door.came(55);
    CHECK(door.lacks(at, now) == admission::lack::nothing);
    own.take_up_to(56);
    CHECK(door.lacks(at, now) == admission::lack::descriptors);
    const auto last = take(door, at, {}); // a place is what it lacks more
    CHECK(door.lacks(at, now) == admission::lack::own_place);
}

TEST_CASE("admission: no session had a high descriptor, nobody asks for a free one") {
    few_descriptors own;
    admission door({});
    const listener at = make_listener();
    own.take_up_to(56);

    door.came(54);
    CHECK(door.lacks(at, now) == admission::lack::nothing);
    door.came(55);
    CHECK(door.lacks(at, now) == admission::lack::descriptors);
}

TEST_CASE("admission: many loops take at once, never more than there are") {
    constexpr std::size_t most = 100;
    server_config config;
    config.max_sessions_per_source = 1'000;
    listen_options options;
    auto limit = admission::lack::own_place;
    SECTION("places of a listener") {
        options.max_sessions = most;
    }
    SECTION("places of the server") {
        config.max_sessions = most;
        limit = admission::lack::place;
    }
    SECTION("places of the server, fewer than the listener's") {
        config.max_sessions = most;
        options.max_sessions = most + 1;
        limit = admission::lack::place;
    }
    SECTION("the rate") {
        config.accept_rate = most;
        limit = admission::lack::rate;
    }
    SECTION("the share of a source") {
        config.max_sessions_per_source = most;
        limit = admission::lack::share;
    }
    admission door(config);
    listener at = make_listener(options);
    const address client = *address::parse("192.0.2.1:5");
    std::vector<std::vector<admission_slot>> taken(4);
    std::vector<std::thread> threads;
    threads.reserve(taken.size());
    for (auto& own : taken) {
        threads.emplace_back([&door, &at, &client, &own] {
            for (std::size_t i = 0; i != most; ++i) {
                if (auto slot = take(door, at, client); slot.is_taken()) {
                    own.push_back(std::move(slot));
                }
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }

    std::size_t sum = 0;
    for (const auto& own : taken) {
        sum += own.size();
    }
    CHECK(sum == most);
    admission_slot none;
    CHECK(door.take(at, client, now, admission::rule::all, none) == limit);
    taken.clear();
    CHECK(at.places.value == 0);
    CHECK(take(door, at, client).is_taken() == (limit != admission::lack::rate));
}

} // namespace
} // namespace eddy::detail
