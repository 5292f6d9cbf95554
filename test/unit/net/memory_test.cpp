// SPDX-License-Identifier: BSL-1.0
#include "net/memory.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/stream_probes.hpp"

#include <memory>
#include <optional>
#include <thread>
#include <vector>

using namespace eddy;
using eddy::test::accept_probe;
using eddy::test::read_now;
using eddy::test::read_probe;
using eddy::test::write_now;

namespace {

constexpr auto refused = std::errc::connection_refused;

/// Starts an accept, as it has to be, on the loop.
void start(test::manual_loop& on, acceptor& from, accept_probe& op, bool& is_done) {
    on->post([&] { is_done = from.start_accept(op); });
    on->run();
}

class accept_awaiter final : public detail::waiter {
public:
    explicit accept_awaiter(acceptor& from) noexcept : from_(&from) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    std::unique_ptr<stream> await_resume() noexcept { return std::move(op_.accepted); }

private:
    struct own_op final : accept_op {
        explicit own_op(accept_awaiter& whole) noexcept
            : accept_op([](io_op& op) noexcept { static_cast<own_op&>(op).self->wake(); }),
              self(&whole) {}

        accept_awaiter* self;
    };

    bool start() override { return !from_->start_accept(op_); }

    void on_stop() noexcept override {
        from_->cancel_accept();
        wake();
    }

    acceptor* from_;
    own_op op_{*this};
};

task<> echo_one(acceptor& from) {
    session peer(co_await accept_awaiter(from));
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
    co_await peer.close(); // what the pipe has no room for yet would go with the session
}

constexpr std::size_t total = 10'000'000;
constexpr std::size_t chunk = 9973; // a prime, so that chunks and blocks meet at every offset

std::byte byte_at(std::size_t position) noexcept {
    return static_cast<std::byte>((position * 0x9E37'79B9U) >> 24);
}

task<> send_all(session& peer) {
    std::vector<std::byte> message;
    for (std::size_t sent = 0; sent != total; sent += message.size()) {
        message.resize(std::min(chunk, total - sent));
        for (std::size_t i = 0; i != message.size(); ++i) {
            message[i] = byte_at(sent + i);
        }
        co_await peer.write(std::span<const std::byte>(message));
    }
    peer.shutdown_send();
}

/// Gives the number of bytes that came back right before the first wrong one, or the end.
task<std::size_t> check_echo(std::string name) {
    auto connected = co_await connect("mem:" + name);
    if (!connected) {
        co_return 0;
    }
    session peer(std::move(*connected));
    scope sender;
    sender.spawn(send_all(peer));
    std::size_t received = 0;
    while (auto bytes = co_await peer.read()) {
        for (const auto byte : *bytes) {
            if (byte != byte_at(received)) {
                co_return received;
            }
            ++received;
        }
    }
    co_await sender.join();
    co_return received;
}

} // namespace

TEST_CASE("listen_memory: name in use, refuses until it is free", "[net][memory]") {
    auto first = listen_memory("in-use");
    REQUIRE(first);
    CHECK((*first)->local() == endpoint("mem:in-use"));

    const auto second = listen_memory("in-use");

    CHECK(second.error() == std::errc::address_in_use);
    first->reset();
    CHECK(listen_memory("in-use"));
}

TEST_CASE("connect_memory: nobody listens, refused", "[net][memory]") {
    CHECK(connect_memory("nobody").error() == refused);

    listen_memory("gone").value().reset();

    CHECK(connect_memory("gone").error() == refused);
}

TEST_CASE("connect_memory: backlog full, refused until one is accepted", "[net][memory]") {
    test::manual_loop on;
    const auto listener = listen_memory("small", 2).value();
    const auto one = connect_memory("small");
    const auto two = connect_memory("small");
    REQUIRE((one && two));

    CHECK(connect_memory("small").error() == refused);

    accept_probe accept;
    bool is_done = false;
    start(on, *listener, accept, is_done);
    CHECK(is_done);
    CHECK(accept.accepted);
    CHECK(connect_memory("small"));
}

TEST_CASE("memory acceptor: connections before and after the accept, in order", "[net][memory]") {
    test::manual_loop on;
    const auto listener = listen_memory("order").value();
    const auto early = connect_memory("order").value();
    write_now(*early, "early");
    accept_probe first;
    accept_probe second;
    bool is_first_done = false;
    bool is_second_done = true;

    start(on, *listener, first, is_first_done);
    start(on, *listener, second, is_second_done);

    REQUIRE(is_first_done);
    CHECK(first.completions == 0);
    first.accepted->attach(*on);
    CHECK(read_now(*first.accepted) == "early");
    CHECK_FALSE(is_second_done);
    const auto late = connect_memory("order").value();
    CHECK(second.completions == 0);
    on->run();
    CHECK(second.completions == 1);
    write_now(*late, "late");
    second.accepted->attach(*on);
    CHECK(read_now(*second.accepted) == "late");
}

TEST_CASE("memory acceptor: accept cancelled, loses no connection", "[net][memory]") {
    test::manual_loop on;
    const auto listener = listen_memory("cancel").value();
    std::optional<accept_probe> accept(std::in_place);
    bool is_done = true;
    start(on, *listener, *accept, is_done);
    REQUIRE_FALSE(is_done);
    std::unique_ptr<stream> client;

    SECTION("before one comes") {
        listener->cancel_accept();
        accept.reset();
        client = connect_memory("cancel").value();
    }
    SECTION("when one is announced already") {
        client = connect_memory("cancel").value();
        listener->cancel_accept();
        accept.reset();
    }

    on->run();
    accept_probe again;
    start(on, *listener, again, is_done);
    CHECK(is_done);
    CHECK(again.accepted);
}

TEST_CASE("memory acceptor: destroyed, resets what it has not accepted", "[net][memory]") {
    test::manual_loop on;
    auto listener = listen_memory("destroyed").value();
    const auto client = connect_memory("destroyed").value();
    client->attach(*on);
    read_probe read;
    REQUIRE_FALSE(client->start_read(read));

    listener.reset();
    on->run();

    CHECK(read.completions == 1);
    CHECK(read.error == errc::reset);
}

TEST_CASE("memory acceptor: destroyed while an accept waits, completes none", "[net][memory]") {
    test::manual_loop on;
    auto listener = listen_memory("waiting").value();
    std::optional<accept_probe> accept(std::in_place);
    bool is_done = true;
    start(on, *listener, *accept, is_done);
    const auto client = connect_memory("waiting").value();

    listener.reset();
    accept.reset();

    on->run();
    CHECK(connect_memory("waiting").error() == refused);
}

TEST_CASE("memory: ten megabytes echoed between two loops, all right", "[net][memory][thread]") {
    const auto listener = listen_memory("echo").value();
    std::thread server([&] {
        loop own;
        own.run(echo_one(*listener));
    });
    loop own;

    const auto received = own.run(check_echo("echo"));

    server.join();
    CHECK(received == total);
}

TEST_CASE("memory: ten megabytes echoed on one loop, all right", "[net][memory]") {
    const auto listener = listen_memory("echo").value();
    loop own;
    spawn_on(own, echo_one(*listener));

    CHECK(own.run(check_echo("echo")) == total);
}
