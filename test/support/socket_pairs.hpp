// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/session.hpp>

#include "engine/posix/fd_stream.hpp"
#include "engine/posix/socket.hpp"
#include "support/catch.hpp"

#include <array>
#include <memory>
#include <random>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace eddy::test {

struct two_sessions {
    session near;
    session far;
};

/// Both ends of one connection between real sockets, on this loop.
inline two_sessions connected(endpoint::transport kind, const session_limits& limits = {}) {
    platform::unique_fd near;
    platform::unique_fd far;
    if (kind == endpoint::transport::unix_stream) {
        std::array<int, 2> ends{};
        const int flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
        REQUIRE(::socketpair(AF_UNIX, flags, 0, ends.data()) == 0);
        near = platform::unique_fd(ends[0]);
        far = platform::unique_fd(ends[1]);
    } else {
        const address any({127, 0, 0, 1}, 0);
        auto listening = posix::open_listener(kind, any, {});
        auto opened = posix::open_socket(kind, any);
        REQUIRE((listening && opened));
        posix::connect(opened->get(), posix::local_address(listening->get()));
        auto accepted = posix::accept(listening->get());
        REQUIRE(accepted);
        near = std::move(*opened);
        far = std::move(*accepted);
    }
    const auto on = [&](platform::unique_fd fd) {
        using detail::fd_stream;
        constexpr auto is_socket = detail::watched_fd::kind::socket;
        return session(std::make_unique<fd_stream>(std::move(fd), is_socket), limits);
    };
    return {on(std::move(near)), on(std::move(far))};
}

/// The same in each run.
inline std::string random_text(std::size_t size) {
    std::minstd_rand numbers(42);
    std::string text(size, '\0');
    for (char& each : text) {
        each = static_cast<char>(numbers());
    }
    return text;
}

} // namespace eddy::test
