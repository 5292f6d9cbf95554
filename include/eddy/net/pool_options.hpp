// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/connect_options.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace eddy {

/// Which endpoint of a pool the next session is made to; never one that has just failed.
enum class pool_spread : std::uint8_t {
    least_used,  ///< The one with the fewest sessions, in turns among equals.
    round_robin, ///< One after the other.
};

/// What a `pool` may hold, and for how long. Checked by its constructor, which throws
/// `std::invalid_argument` that names the option which is out of its range.
struct pool_options {
    /// Most sessions, idle, leased and in the making together; 1 and more.
    std::size_t max_sessions = 16;
    /// Most tasks that wait in `acquire`; those who come then are told `errc::would_block`.
    std::size_t max_waiting = 1024;
    /// A session that nobody has leased for so long is closed. Zero: never. Keep it below what the
    /// server, and every NAT in between, allows.
    duration max_idle = std::chrono::minutes(1);
    /// A session of this age is closed when it is not leased: so load comes to servers that are
    /// new, and goes from those that names do not stand for any more. Each has up to a tenth less,
    /// by chance, so that they do not end together. Zero: never.
    duration max_age = std::chrono::minutes(30);
    /// Asks an idle session whether it still works (a `PING`); one that says false or throws is
    /// closed. None: only the transport is asked.
    std::function<task<bool>(session& idle)> check = {};
    /// How long an idle session goes without `check`; above zero.
    duration check_interval = std::chrono::seconds(30);
    /// A `check` that takes longer has failed; above zero.
    duration check_timeout = std::chrono::seconds(5);
    /// Of several endpoints.
    pool_spread spread = pool_spread::least_used;
    /// For how long an endpoint is left alone that could not be connected to: longer with each
    /// failure, until it answers. Then one session alone is tried, whoever waits.
    backoff_options pause = {};
    /// Of each session. Its `retry` has no effect: `pause` stands for that.
    connect_options connect = {};
};

/// Why a pool has closed a session.
enum class pool_close : std::uint8_t {
    by_peer,    ///< The peer closed or reset it while nobody had leased it.
    unexpected, ///< The peer sent bytes that nobody had asked for.
    unfit,   ///< It came back in the middle of a conversation, dead, or discarded by who leased it.
    check,   ///< The check said no, or did not answer in time.
    idle,    ///< `max_idle` has passed.
    age,     ///< `max_age` has passed.
    removed, ///< Its endpoint is not one of the pool's any more.
    closed,  ///< The pool was closed.
};
inline constexpr std::size_t pool_close_count = 8; ///< Values of `pool_close`.

/// What a pool holds, and what it has done so far.
struct pool_stats {
    std::size_t idle = 0;       ///< Sessions that wait to be leased.
    std::size_t leased = 0;     ///< Sessions in use.
    std::size_t connecting = 0; ///< Sessions in the making.
    std::size_t checking = 0;   ///< Sessions that `pool_options::check` looks at.
    std::size_t waiting = 0;    ///< Tasks that wait in `acquire`.

    std::uint64_t connects = 0;  ///< Sessions that were made.
    std::uint64_t failures = 0;  ///< Sessions that could not be made.
    std::uint64_t leases = 0;    ///< Given out.
    std::uint64_t reused = 0;    ///< Of these, of a session that somebody had leased before.
    std::uint64_t timed_out = 0; ///< Tasks that went without one after their limit.
    std::uint64_t refused = 0;   ///< Tasks that found too many waiting already.
    std::uint64_t closed[pool_close_count] = {}; ///< By cause; see `closed_for`.

    /// Sessions that were closed for that reason.
    [[nodiscard]] std::uint64_t closed_for(pool_close why) const noexcept {
        return closed[static_cast<std::size_t>(why)];
    }
};

} // namespace eddy
