// SPDX-License-Identifier: BSL-1.0
// Clients of services over real sockets of the loopback interface.
#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <arpa/inet.h>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

task<> echo_lines(session& peer) {
    while (const auto line = co_await peer.read_line()) {
        co_await peer.write(*line, "\n");
    }
}

/// An echo of lines on a free port, on threads of its own.
class line_echo {
public:
    explicit line_echo(endpoint at = "tcp://127.0.0.1:0") {
        server_.serve(at, echo_lines);
        server_.start();
    }
    ~line_echo() { server_.stop(); }

    [[nodiscard]] endpoint where() const { return server_.endpoints().front(); }

private:
    server server_;
};

/// A port that is taken, so that nobody else can, and on which nobody listens.
class refusing_port {
public:
    refusing_port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto& any = reinterpret_cast<sockaddr&>(at);
        socklen_t size = sizeof at;
        REQUIRE(::bind(socket_, &any, size) == 0);
        REQUIRE(::getsockname(socket_, &any, &size) == 0);
        port_ = ntohs(at.sin_port);
    }
    refusing_port(const refusing_port&) = delete;
    refusing_port& operator=(const refusing_port&) = delete;
    ~refusing_port() { ::close(socket_); }

    [[nodiscard]] endpoint where() const {
        return endpoint("tcp://127.0.0.1:" + std::to_string(port_));
    }

private:
    int socket_;
    unsigned port_ = 0;
};

/// [connect-any]
task<result<session>> reach(std::vector<endpoint> where) {
    connect_options options{.timeout = 2s, .order = endpoint_order::shuffled};
    options.retry = {.attempts = 3, .pause = {.first = 50ms, .max = 1s}};
    auto outcome = co_await connect_any(std::move(where), options);
    if (!outcome) {
        log::warning("nobody answers", {{"tried", outcome.describe()}});
    }
    co_return std::move(outcome);
}
/// [connect-any]

TEST_CASE("connect_any: one endpoint refuses, another one answers", "[integration][clients]") {
    const line_echo alive;
    const refusing_port dead;
    loop main;
    const auto body = [](endpoint good, endpoint bad) -> task<std::string> {
        std::vector<endpoint> where{bad, good};
        auto peer = co_await reach(std::move(where));
        REQUIRE(peer.has_value());
        co_await peer->write("hello\n");
        const auto line = co_await peer->read_line();
        co_return std::string(*line);
    };

    CHECK(main.run(body(alive.where(), dead.where())) == "hello");
}

TEST_CASE("connect_any: nobody is there, each is named", "[integration][clients]") {
    loop main;
    const auto body = [](endpoint a, endpoint b) -> task<> {
        std::vector<endpoint> where{a, b};
        const auto outcome = co_await connect_any(std::move(where));
        CHECK(outcome.error() == std::errc::connection_refused);
        CHECK(outcome.failures().size() == 2);
        CHECK(outcome.describe().find(a.to_string() + ": Connection refused") == 0);
        const auto single =
            co_await connect(a, {.retry = {.attempts = 2, .pause = {.first = 1ms}}});
        CHECK(single.error() == std::errc::connection_refused);
    };

    const refusing_port first;
    const refusing_port second;
    main.run(body(first.where(), second.where()));
}

/// [pool]
task<result<std::string>> ask(pool& service, std::string question) {
    auto peer = co_await service.acquire(within(2s));
    if (!peer) {
        co_return peer.error(); // timed_out: service.failures() may tell why
    }
    co_await (*peer)->write(question, "\n");
    const auto answer = co_await (*peer)->read_line(1024, within(2s));
    if (!answer) {
        peer->discard(); // the answer may still come, and is not for the next who asks
        co_return answer.error();
    }
    co_return std::string(*answer);
} // and the session is back in the pool
/// [pool]

TEST_CASE("pool: many tasks share few sessions", "[integration][clients]") {
    line_echo server;
    loop main;
    const auto use = [](pool& from, int times) -> task<> {
        for (int i = 0; i != times; ++i) {
            const auto answer = co_await ask(from, std::to_string(i));
            REQUIRE(answer.has_value());
            CHECK(*answer == std::to_string(i));
        }
    };
    const auto body = [&use](endpoint where) -> task<pool_stats> {
        pool tested(where, {.max_sessions = 4});
        scope users;
        for (int i = 0; i != 20; ++i) {
            users.spawn(use(tested, 100));
        }
        co_await users.join();
        const auto stats = tested.stats();
        co_await tested.close(within(5s));
        co_return stats;
    };

    const auto stats = main.run(body(server.where()));

    CHECK(stats.leases == 2000);
    CHECK(stats.connects <= 4);
    CHECK(stats.reused == stats.leases - stats.connects);
    CHECK(stats.idle == stats.connects);
}

TEST_CASE("pool: the server restarts, no stale session is lent", "[integration][clients]") {
    auto first = std::make_unique<line_echo>();
    const auto where = first->where();
    std::optional<line_echo> second;
    loop main;
    const auto body = [&](endpoint at) -> task<> {
        pool tested(at, {.pause = {.first = 1ms, .max = 10ms}});
        const auto before = co_await ask(tested, "one");
        CHECK(before.has_value());
        CHECK(tested.stats().idle == 1);
        // Blocks the loop: what happens meanwhile it has not heard of when it leases again.
        std::thread([&] {
            first.reset();
            second.emplace(at);
        }).join();
        const auto after = co_await ask(tested, "two");
        REQUIRE(after.has_value());
        CHECK(*after == "two");
        CHECK(tested.stats().connects == 2);
        CHECK(tested.stats().closed_for(pool_close::by_peer) == 1);
        co_await tested.close();
    };

    main.run(body(where));
}

/// [pool-of-loop]
/// The pool of this loop, which its sessions keep: the last one that ends takes it along.
std::shared_ptr<pool> pool_of_loop(const endpoint& where) {
    static thread_local std::weak_ptr<pool> kept; // a loop is a thread
    auto found = kept.lock();
    if (!found) {
        found = std::make_shared<pool>(where);
        kept = found;
    }
    return found;
}

auto forward_to(endpoint service) {
    return [service](session& peer) -> task<> {
        const auto lines = pool_of_loop(service);
        while (const auto line = co_await peer.read_line()) {
            const auto answer = co_await ask(*lines, std::string(*line));
            const auto said = answer ? *answer : answer.error().message();
            co_await peer.write(said, "\n");
        }
    };
}
/// [pool-of-loop]

TEST_CASE("pool: one for each loop of a server", "[integration][clients]") {
    line_echo behind;
    server front({.workers = 2});
    front.serve("tcp://127.0.0.1:0", forward_to(behind.where()));
    front.start();
    loop main;
    const auto body = [](endpoint at) -> task<> {
        for (int i = 0; i != 8; ++i) {
            auto peer = co_await connect(at);
            co_await peer->write("hello\n");
            const auto line = co_await peer->read_line();
            CHECK(*line == "hello");
            co_await peer->close();
        }
    };
    main.run(body(front.endpoints().front()));
    front.stop();
}

} // namespace
} // namespace eddy
