// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/echo.hpp>

#include "services/reply_guard.hpp"
#include "services/standard.hpp"

namespace eddy::services {
namespace {

task<> echo_session(session& peer) {
    while (const auto data = co_await peer.read()) {
        co_await peer.write(*data);
    }
}

task<> echo_datagrams(datagrams& socket) {
    detail::reply_guard guard(socket, "echo");
    while (const auto batch = co_await socket.receive()) {
        for (const datagram& received : *batch) {
            if (guard.allows(received)) {
                co_await socket.reply(received, received.data);
            }
        }
    }
}

} // namespace

handler echo() {
    return {&echo_session, &echo_datagrams};
}

service detail::echo_service() {
    return {
        .name = "echo",
        .summary = "Sends back whatever comes (RFC 862).",
        .options = {},
        .make = [](const option_values& /*none*/) { return echo(); },
    };
}

} // namespace eddy::services
