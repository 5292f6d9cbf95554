// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_guard.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/echo.hpp>

#include "services/reply_options.hpp"
#include "services/standard.hpp"

#include <utility>

namespace eddy::services {
namespace {

task<> echo_session(session& peer) {
    while (const auto data = co_await peer.read()) {
        co_await peer.write(*data);
    }
}

task<> echo_datagrams(datagrams& socket, reply_rules rules) {
    reply_guard guard(socket, std::move(rules));
    while (const auto batch = co_await socket.receive()) {
        for (const datagram& received : *batch) {
            if (guard.allows(received)) {
                co_await socket.reply(received, received.data);
            }
        }
    }
}

} // namespace

handler echo(echo_options options) {
    const auto answer = [rules = std::move(options.replies)](datagrams& socket) {
        return echo_datagrams(socket, rules);
    };
    return {&echo_session, answer};
}

service detail::echo_service() {
    return {
        .name = "echo",
        .summary = "Sends back whatever comes (RFC 862).",
        .options = detail::with_reply_options({}),
        .make = [](const option_values& values
                ) { return echo({.replies = detail::reply_rules_of(values)}); },
    };
}

} // namespace eddy::services
