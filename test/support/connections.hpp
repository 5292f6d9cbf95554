// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/stream.hpp>

#include "engine/posix/socket.hpp"
#ifdef EDDY_HAS_URING
#include "engine/uring/uring_engine.hpp"
#endif
#include "platform/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/stream_probes.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

/// TCP connections at the seam of the engine, which a test drives step by step.
namespace eddy::test {

/// One side is the engine's, the other an ordinary socket that does not block.
struct connection {
    platform::unique_fd peer;
    std::unique_ptr<stream> ours;

    void put(std::string_view text) const {
        REQUIRE(
            ::send(peer.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())
        );
    }

    /// What has come back; "reset" or "end" behind it when that has, too.
    [[nodiscard]] std::string heard() const {
        std::string text;
        std::array<char, 4096> room;
        for (;;) {
            const ssize_t count = ::recv(peer.get(), room.data(), room.size(), MSG_DONTWAIT);
            if (count <= 0) {
                return text + (count == 0 ? "end" : errno == ECONNRESET ? "reset" : "");
            }
            text.append(room.data(), static_cast<std::size_t>(count));
        }
    }
};

inline platform::unique_fd dial(const address& at) {
    auto fd = posix::open_socket(endpoint::transport::tcp, at);
    REQUIRE(fd);
    static_cast<void>(posix::connect(fd->get(), at));
    return std::move(*fd);
}

inline std::unique_ptr<stream> accept_one(acceptor& from, loop& where) {
    accept_probe accepted;
    while (!from.start_accept(accepted)) {
        from.cancel_accept();
    }
    REQUIRE_FALSE(accepted.error);
    REQUIRE_FALSE(accepted.accepted->attach(where));
    return std::move(accepted.accepted);
}

inline std::vector<connection> connect(loop& where, std::size_t count) {
    auto listener = where.driver().listen(endpoint("tcp://127.0.0.1:0"), {});
    REQUIRE(listener);
    std::vector<connection> made(count);
    for (connection& each : made) {
        each.peer = dial(*(*listener)->local().numeric());
        each.ours = accept_one(**listener, where);
    }
    return made;
}

/// Lets the loop do what there is to do: the sockets are local, and peers are not waited for. Some
/// rounds, because what the last turn of a run has begun is told in the next.
inline void settle(loop& where) {
    const auto program = []() -> task<> {
        for (int round = 0; round < 4; ++round) {
            co_await sleep(std::chrono::microseconds(500));
        }
    };
    where.run(program());
    where.run(program());
}

/// Runs the loop until `is_there()`, for some two seconds at most.
template <class Condition>
void run_until(loop& where, Condition is_there) {
    const auto program = [](const Condition& has_come) -> task<> {
        for (int round = 0; round < 4'000 && !has_come(); ++round) {
            co_await sleep(std::chrono::microseconds(500));
        }
    };
    where.run(program(is_there));
}

/// How many of the buffers that the connections of a loop share hold bytes.
inline std::size_t buffers_out([[maybe_unused]] loop& where) {
#ifdef EDDY_HAS_URING
    if (auto* driver = dynamic_cast<detail::uring_engine*>(&where.driver())) {
        return driver->buffers().out();
    }
#endif
    return 0;
}

/// Reads from more connections than a ring takes requests for at once.
struct crowd {
    explicit crowd(loop& where) : ends(connect(where, 300)) {}

    void read() {
        for (auto& each : ends) {
            reads.push_back(std::make_unique<read_probe>());
            REQUIRE_FALSE(each.ours->start_read(*reads.back()));
        }
    }

    std::vector<connection> ends;
    std::vector<std::unique_ptr<read_probe>> reads;
};

} // namespace eddy::test
