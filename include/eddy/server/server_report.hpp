// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_stats.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session_deadlines.hpp>
#include <eddy/server/proxy_rules.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eddy {

/// What one listener has done since `start`, on all loops. A datagram socket counts as one session.
struct listener_report {
    std::string name;              ///< `listen_options::name`, or the endpoint.
    std::string endpoint;          ///< Where it is, with the port that the system chose.
    std::uint64_t accepted = 0;    ///< Sessions begun.
    std::uint64_t live = 0;        ///< Sessions open now.
    std::uint64_t finished = 0;    ///< Their handler returned.
    std::uint64_t idle_closed = 0; ///< Of `finished`: a drain came between two messages.
    std::uint64_t failed = 0;      ///< Their handler threw.
    std::uint64_t forced = 0;      ///< Had to be stopped at the end of a drain.
    /// Ended before their handler began: no PROXY header, or a client that has its share.
    std::uint64_t unserved = 0;
    std::uint64_t bytes_received = 0; ///< Of stream sessions that have ended.
    std::uint64_t bytes_sent = 0;     ///< Of stream sessions that have ended.
    /// Sessions that Eddy ended, by why; counted among the others by how their handler took it.
    std::array<std::uint64_t, close_reasons> ended_by{};
    std::uint64_t accept_errors = 0; ///< Connections lost before they were accepted.
    std::uint64_t accept_pauses = 0; ///< Times that accepting paused: no descriptors, no memory.

    std::uint64_t full_pauses = 0; ///< Times that accepting waited for a place or for the rate.
    std::uint64_t refused = 0;     ///< Turned away for want of a place; not counted as accepted.
    /// Of those, or, where the client is named by a proxy, of `unserved`: by
    /// `server_config::max_sessions_per_source`.
    std::uint64_t refused_by_source = 0;
    std::uint64_t refused_by_rate = 0; ///< The same by `server_config::accept_rate_per_source`.
    bool is_paused = false; ///< Accepting waits now: for a place, the rate, descriptors or memory.
    bool is_broken = false; ///< It cannot accept or receive any more; the log has the reason.

    proxy_report proxy{};       ///< Where `listen_options::proxy` requires a header.
    datagram_stats datagrams{}; ///< Of its datagram sockets.

    /// Sessions that Eddy ended for this reason.
    [[nodiscard]] std::uint64_t ended(close_reason why) const noexcept {
        return ended_by[static_cast<std::size_t>(why)];
    }
};

/// What the sessions on the loops of a server hold, those included that handlers have connected
/// themselves. Amounts in bytes, now: zero when it does not run.
struct memory_report {
    std::size_t inboxes = 0;  ///< Blocks with what was received.
    std::size_t outboxes = 0; ///< Blocks with what was written and not sent yet.
    /// Coroutines on the threads of the loops, as of the last session that began or ended there.
    std::size_t frames = 0;
    std::size_t paused = 0;     ///< Sessions that `server_config::memory_soft` keeps from reading.
    std::uint64_t episodes = 0; ///< Times that a mark was passed.
    std::uint64_t closed = 0;   ///< Sessions that were ended for `close_reason::memory`.
};

/// What one loop has done since `start`; on a foreign loop, since that was made. What a message
/// costs shows in quotients: `receives` and `sends` of the bytes' calls, `waits` of the wake-ups.
struct loop_report {
    std::string engine;         ///< Its name.
    std::uint64_t waits = 0;    ///< Times that the engine waited; 0 where it does not tell (asio).
    std::uint64_t turns = 0;    ///< Readiness or completions that were dealt with, and timers.
    std::uint64_t accepted = 0; ///< Sessions that began here.
    std::uint64_t live = 0;     ///< Those of them that are open now.
    /// What came from other threads: sessions that another loop has accepted, and orders of the
    /// server. No message needs any.
    std::uint64_t posted = 0;
    std::uint64_t resumed = 0;  ///< Coroutines that went on.
    std::uint64_t receives = 0; ///< Calls that take bytes or batches of datagrams, also in vain.
    std::uint64_t sends = 0;    ///< Calls that give them.
};

/// What a server has done since `start`.
struct server_report {
    std::vector<listener_report> listeners; ///< In the order of `serve`.
    std::vector<loop_report> loops;         ///< The first one runs the server.
    memory_report memory;
    /// Times that something kept a loop busy for longer than `server_config::watchdog`.
    std::uint64_t loop_stalls = 0;
    duration longest_stall = {}; ///< To the watchdog's period, a quarter of its limit.

    /// Sessions of all listeners that are open now.
    [[nodiscard]] std::uint64_t live() const noexcept;
    /// True when no session had to be forced.
    [[nodiscard]] bool is_clean() const noexcept;
};

} // namespace eddy
