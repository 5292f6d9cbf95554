// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/relay.hpp>
#include <eddy/server/handler.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace eddy::services {

/// What a relay service has done since it was made. Any thread may read.
struct relay_counters {
    std::atomic<std::uint64_t> relayed{0};         ///< Sessions, or flows, that found an upstream.
    std::atomic<std::uint64_t> unreachable{0};     ///< Those that found none, and were closed.
    std::atomic<std::uint64_t> failed_connects{0}; ///< Upstreams that did not answer one of them.
    std::atomic<std::uint64_t> broken{0};          ///< Sessions that an error of either side ended.
    std::atomic<std::uint64_t> to_upstream{0};     ///< Bytes; of sessions when they have ended.
    std::atomic<std::uint64_t> to_client{0};       ///< Bytes; of sessions when they have ended.
    std::atomic<std::uint64_t> spliced{0};         ///< Of both: bytes that the system has moved.
    std::atomic<std::uint64_t> live_flows{0};      ///< Now.
    std::atomic<std::uint64_t> expired_flows{0};   ///< Nothing came for `flow_idle`.
    std::atomic<std::uint64_t> evicted_flows{0};   ///< Made way for another one at `max_flows`.
    /// Datagrams that no flow took: from strangers, and those without room while names are looked
    /// up.
    std::atomic<std::uint64_t> dropped_datagrams{0};
};

/// Settings of `services::relay`.
struct relay_service_options {
    /// Where the bytes go: one or more endpoints that are all streams (`tcp://`, `unix:`, `mem:`)
    /// or all `udp://`. Taken in turn; a session whose upstream does not answer is given the next
    /// one, until all have been tried.
    std::vector<endpoint> to;
    /// For each upstream: looking its name up and connecting. More than zero.
    duration connect_timeout = std::chrono::seconds(5);
    /// Sends a PROXY header of version 2 ahead, which tells the upstream who the client is. For
    /// streams.
    bool proxy_v2 = false;
    /// See `eddy::relay_options`.
    duration drain_quiet = std::chrono::seconds(1);
    splicing splice = splicing::automatic;
    /// A flow of datagrams ends when nothing has come from either side for so long. More than zero.
    duration flow_idle = std::chrono::seconds(60);
    /// Most flows at once, 1 to 65,536, each with a socket of its own. The one that was idle
    /// longest makes way for another one.
    std::size_t max_flows = 1024;
    /// Counts there; the relay has counters of its own when this is null.
    std::shared_ptr<relay_counters> counters = nullptr;
};

/// Passes on what clients send to an upstream server, and what that sends to them; see
/// `eddy::relay`. A client for whom there is no upstream is reset.
///
/// Of datagrams, those of one client to one address of the listener are a flow, which has an
/// upstream socket of its own: the upstream tells clients apart by it. Answers come from the
/// address that the client has asked.
///
/// Throws `std::invalid_argument` for options that make no sense.
[[nodiscard]] EDDY_EXPORT handler relay(relay_service_options options);

} // namespace eddy::services
