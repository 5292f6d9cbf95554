// SPDX-License-Identifier: BSL-1.0
// How a session hears from a proxy whom it is with, before its handler begins.
#include <eddy/core/log.hpp>
#include <eddy/net/proxy_header.hpp>

#include "net/session_state.hpp"
#include "server/proxy_policy.hpp"
#include "server/server_state.hpp"
#include "server/shard.hpp"

#include <chrono>
#include <new>
#include <string_view>
#include <utility>

namespace eddy::detail {
namespace {

/// A proxy that is set up wrongly, or a wrong list, shows with every connection.
constexpr duration note_every = std::chrono::minutes(1);

void note(listener& from, const address& peer, std::string_view what, time_point now) noexcept {
    if (!is_due(from.next_proxy_note, now, note_every)) {
        return;
    }
    try {
        log::warning(
            "a connection without a PROXY header that is believed",
            {{"listener", from.label()}, {"peer", peer.host_string()}, {"reason", what}}
        );
    } catch (const std::bad_alloc&) {
        log::warning("a connection without a PROXY header", {{"listener", from.label()}});
    }
}

/// Why there is no header, when reading it failed.
relaxed_count& cause_of(
    listener_counts::proxy_counts& all, const error_code& failure, const session& peer
) noexcept {
    if (failure == errc::malformed || failure == errc::too_long) {
        return all.malformed;
    }
    if (peer.ended_by() == close_reason::proxy_header) {
        return all.late;
    }
    const bool is_silent = peer.stats().bytes_received == 0;
    return is_silent ? all.silent : all.broken;
}

} // namespace

task<bool> shard::learn_client(listener& from, session& peer, admission_slot& place) {
    listener_counts& counts = from.counts(index_);
    const address kernel_peer = peer.peer();
    switch (judge_peer(from.options.proxy, kernel_peer)) {
    case proxy_verdict::serve:
        co_return true;
    case proxy_verdict::skip:
        counts.proxy.skipped.add(1);
        note(from, kernel_peer, "it is not among the trusted; served as a client", loop_->now());
        co_return true;
    case proxy_verdict::refuse:
        counts.proxy.untrusted.add(1);
        note(from, kernel_peer, "it is not among the trusted; refused", loop_->now());
        peer.abort();
        co_return false;
    case proxy_verdict::read_header:
        break;
    }
    session_state& state = *peer.state_;
    state.begin_opening(close_reason::proxy_header);
    proxy_header_reader reader;
    const auto found = co_await peer.read_message(reader);
    auto told = found ? reader.read(*found) : result<proxy_header>(found.error());
    if (told) {
        counts.proxy.headers.add(1);
        state.set_proxied(*std::move(told));
        co_return has_share_left(from, peer, place);
    }
    cause_of(counts.proxy, told.error(), peer).add(1);
    if (const auto rule = reader.broken_rule(); !rule.empty()) {
        note(from, kernel_peer, rule, loop_->now());
    }
    if (peer.stats().bytes_received != 0) {
        peer.abort(); // whoever speaks out of turn gets no answer, and no wait for the rest
    }
    co_return false;
}

/// The limits of a source hold for the client that was named.
bool shard::has_share_left(listener& from, session& peer, admission_slot& place) {
    const address client = peer.client();
    if (!peer.proxied() || client == peer.peer()) {
        return true; // the proxy itself, which has no such limits
    }
    const bool is_too_often = state_->admits().comes_too_often(client, loop_->now());
    if (!is_too_often && place.give_to(client)) {
        return true;
    }
    auto& counts = from.counts(index_);
    (is_too_often ? counts.refused_by_rate : counts.refused_by_source).add(1);
    log::debug(
        "a client of a proxy has its share",
        {{"listener", from.label()}, {"client", client.host_string()}}
    );
    peer.abort();
    return false;
}

} // namespace eddy::detail
