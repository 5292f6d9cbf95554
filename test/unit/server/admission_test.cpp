// SPDX-License-Identifier: BSL-1.0
#include "server/admission.hpp"

#include "server/listener.hpp"
#include "support/catch.hpp"

#include <string>
#include <thread>
#include <vector>

namespace eddy::detail {
namespace {

constexpr time_point now{std::chrono::seconds(100)};

/// A connection from somewhere.
class connection final : public stream {
public:
    connection() = default; ///< Over a Unix socket.
    explicit connection(std::string_view from) : peer_(*address::parse(from)) {}

    error_code attach(loop& /*owner*/) override { return {}; }
    bool start_read(read_op& /*op*/) override { return false; }
    bool start_write(write_op& /*op*/) override { return false; }
    void cancel_read() noexcept override {}
    void cancel_write() noexcept override {}
    void shutdown_send() noexcept override {}
    void abort() noexcept override {}
    [[nodiscard]] address local() const override { return {}; }
    [[nodiscard]] address peer() const override { return peer_; }

private:
    address peer_;
};

listener make_listener(listen_options options = {}) {
    return {endpoint("tcp://127.0.0.1:0"), handler([](session&) -> task<> { co_return; }), options};
}

TEST_CASE("admission: the server's places are all listeners', a listener's its own") {
    server_config config;
    config.max_sessions = 3;
    admission door(config);
    listener one = make_listener({.max_sessions = 2});
    listener other = make_listener();
    const connection client("192.0.2.1:5");

    std::vector<admission_slot> taken;
    taken.push_back(door.take(one, client));
    CHECK(door.lacks(one, now) == admission::lack::nothing);
    taken.push_back(door.take(one, client));
    CHECK(door.lacks(one, now) == admission::lack::own_place);
    CHECK(door.lacks(other, now) == admission::lack::nothing);
    taken.push_back(door.take(other, client));
    CHECK(door.lacks(other, now) == admission::lack::place);

    taken.erase(taken.begin());
    CHECK(door.lacks(one, now) == admission::lack::nothing);
    CHECK(door.lacks(other, now) == admission::lack::nothing);
    taken.clear();
    CHECK(one.places == 0);
    CHECK(other.places == 0);
}

TEST_CASE("admission: a moved place is given back once") {
    admission door({});
    listener at = make_listener();
    const connection client("192.0.2.1:5");
    {
        admission_slot first = door.take(at, client);
        admission_slot second = std::move(first);
        CHECK_FALSE(first.is_taken());
        CHECK(second.is_taken());
        second = door.take(at, client);
        CHECK(at.places == 1);
    }
    CHECK(at.places == 0);
}

TEST_CASE("admission: each source has its own count") {
    server_config config;
    config.max_sessions_per_source = 2;
    admission door(config);
    listener at = make_listener();
    const connection greedy("192.0.2.1:5");
    const connection modest("192.0.2.2:5");

    admission_slot first = door.take(at, greedy);
    const admission_slot second = door.take(at, greedy);
    CHECK_FALSE(door.take(at, greedy).is_taken());
    CHECK(door.take(at, modest).is_taken());
    first.release();
    CHECK(door.take(at, greedy).is_taken());
}

TEST_CASE("admission: peers without an address are not one source") {
    server_config config;
    config.max_sessions_per_source = 1;
    admission door(config);
    listener at = make_listener();
    const connection local;
    const admission_slot first = door.take(at, local);
    CHECK(door.take(at, local).is_taken());
}

TEST_CASE("admission: connections beyond the rate wait") {
    server_config config;
    config.accept_rate = 2;
    admission door(config);
    const listener at = make_listener();
    door.came(-1);
    CHECK(door.lacks(at, now) == admission::lack::nothing);
    door.came(-1);
    CHECK(door.lacks(at, now) == admission::lack::rate);
    CHECK(door.wait(now) == std::chrono::milliseconds(500));
    CHECK(door.lacks(at, now + std::chrono::milliseconds(500)) == admission::lack::nothing);
}

TEST_CASE("admission: who comes more often than its source may is known, the others are not") {
    server_config config;
    config.accept_rate_per_source = 2;
    admission door(config);
    const connection greedy("[2001:db8::1]:5");
    const connection same_customer("[2001:db8::ffff:2]:6");
    const connection modest("[2001:db8:0:1::1]:5");
    const connection local;

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
    const connection client("192.0.2.1:5");
    for (int i = 0; i < 1000; ++i) {
        REQUIRE_FALSE(door.comes_too_often(client, now));
    }
}

TEST_CASE("admission: places are given back on any thread") {
    server_config config;
    config.max_sessions_per_source = 1'000'000;
    admission door(config);
    listener at = make_listener();
    const connection client("192.0.2.1:5");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        std::vector<admission_slot> slots;
        for (int j = 0; j < 1000; ++j) {
            slots.push_back(door.take(at, client));
        }
        threads.emplace_back([given = std::move(slots)]() mutable { given.clear(); });
    }
    for (auto& each : threads) {
        each.join();
    }
    CHECK(at.places == 0);
}

} // namespace
} // namespace eddy::detail
