// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/discard.hpp>

#include "services/standard.hpp"

namespace eddy::services {
namespace {

task<> discard_session(session& peer) {
    while (const auto data = co_await peer.read()) {
    }
}

task<> discard_datagrams(datagrams& socket) {
    while (const auto batch = co_await socket.receive()) {
    }
}

} // namespace

handler discard() {
    return {&discard_session, &discard_datagrams};
}

service detail::discard_service() {
    return {
        .name = "discard",
        .summary = "Throws away whatever comes (RFC 863).",
        .options = {},
        .make = [](const option_values& /*none*/) { return discard(); },
    };
}

} // namespace eddy::services
