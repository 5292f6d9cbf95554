// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>
#include <eddy/server/handler.hpp>

#include "net/memory_pipe.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_port.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Services talk to a test without sockets and without real time.
namespace eddy::test {

/// What a server does with a session.
inline task<> serve_session(const handler& service, session& peer) {
    co_await service(peer);
    co_await peer.close();
}

/// Runs `service` at one end of a pipe and `client` at the other until both have ended.
inline void converse(const handler& service, const std::function<task<>(session&)>& client) {
    const auto main = [](const handler& what,
                         const std::function<task<>(session&)>& talk) -> task<> {
        auto [near, far] = eddy::detail::memory_pipe::make();
        session peer(std::move(near));
        session caller(std::move(far));
        scope served;
        served.spawn(serve_session(what, peer));
        co_await talk(caller);
        co_await caller.close();
        co_await served.join();
    };
    manual_loop loop;
    loop->run(main(service, client));
}

/// What `service` answers to datagrams from `peer`; then it is drained.
inline std::vector<port_script::sent_datagram>
answers(const handler& service, const std::vector<std::string>& messages, const address& peer) {
    const auto main = [](const handler& what, port_script& script) -> task<> {
        datagrams socket(std::make_unique<scripted_port>(script));
        socket.request_drain();
        co_await what(socket);
    };
    port_script script;
    for (const auto& each : messages) {
        script.feed(each, peer);
    }
    manual_loop loop;
    loop->run(main(service, script));
    return script.sent;
}

inline const address& client_address() {
    static const address at(address::ipv4_bytes{10, 0, 2, 1}, 40'000);
    return at;
}

/// All that the peer sends until its end.
inline task<std::string> read_to_end(session& from) {
    const auto all = co_await from.read_all();
    co_return all ? std::string(byte_view(*all).text()) : "error: " + all.error().message();
}

} // namespace eddy::test
