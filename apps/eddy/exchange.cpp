// SPDX-License-Identifier: BSL-1.0
#include "exchange.hpp"

#include <eddy/net/connect.hpp>

#include "failure.hpp"

#include <fmt/format.h>

#include <vector>

namespace client {
namespace {

/// A datagram sent to the unspecified address comes to this host, and is answered from another.
bool is_from(const eddy::datagram& received, const eddy::address& peer) {
    return received.peer == peer || (peer.is_any() && received.peer.port() == peer.port());
}

eddy::task<eddy::result<std::string>>
ask_one(eddy::address peer, const std::string& message, eddy::deadline limit) {
    auto socket = open_datagrams(peer);
    if (const auto sent = co_await socket.send(peer, message); !sent) {
        co_return sent.error();
    }
    for (;;) {
        const auto batch = co_await socket.receive(limit);
        if (!batch) {
            co_return batch.error();
        }
        for (const auto& received : *batch) {
            if (is_from(received, peer)) {
                co_return std::string(eddy::byte_view(received.data).text());
            }
        }
    }
}

} // namespace

eddy::task<eddy::session> open_session(eddy::endpoint where, eddy::duration timeout) {
    eddy::connect_options options;
    options.timeout = timeout;
    auto connected = co_await eddy::connect(where, options);
    if (!connected) {
        throw connect_failure(where.to_string(), connected.error(), timeout);
    }
    co_return std::move(*connected);
}

eddy::datagrams open_datagrams(const eddy::address& peer) {
    const bool is_v6 = peer.kind() == eddy::address::family::ipv6;
    auto opened = eddy::datagrams::open(is_v6 ? "udp://[::]:0" : "udp://0.0.0.0:0");
    if (!opened) {
        throw failure(
            exit_status::failed, fmt::format("cannot open a socket: {}", opened.error().message())
        );
    }
    return std::move(*opened);
}

eddy::task<std::vector<eddy::address>>
find_addresses(eddy::endpoint where, eddy::duration timeout) {
    auto found = co_await eddy::resolve(where.host(), where.port(), timeout);
    if (!found) {
        throw connect_failure(where.to_string(), found.error(), timeout);
    }
    co_return std::move(*found);
}

eddy::task<std::string> ask(eddy::endpoint where, std::string message, eddy::duration timeout) {
    const auto peers = co_await find_addresses(where, timeout);
    const auto share = timeout / static_cast<eddy::duration::rep>(peers.size());
    for (const auto& peer : peers) {
        auto answer = co_await ask_one(peer, message, eddy::within(share));
        if (answer) {
            co_return std::move(*answer);
        }
        if (answer.error() != eddy::errc::timed_out) {
            throw failure(
                exit_status::failed,
                fmt::format("{}: cannot send: {}", where.to_string(), answer.error().message())
            );
        }
    }
    throw failure(
        exit_status::timed_out,
        fmt::format(
            "{}: no answer within {}; nobody listens there, or a datagram was lost",
            where.to_string(),
            to_text(timeout)
        )
    );
}

} // namespace client
