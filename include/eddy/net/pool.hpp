// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/deadline.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/lease.hpp>
#include <eddy/net/pool_options.hpp>

#include <memory>
#include <vector>

namespace eddy {

/// Sessions to one service, made when they are needed and kept for the next who needs one.
///
/// Life cycle: open → `close`. Belongs to the loop that it is made on, and owns everything that it
/// starts: a destroyed pool has no task left. Each loop of a server has its own.
///
/// **Leases.** The idle session that was used last is lent first, so that those which are not
/// needed grow old. Before that the transport is asked: a session whose peer has closed, or sent
/// what nobody asked for, is thrown away and never seen by anybody. With none idle and fewer than
/// `max_sessions`, another is made; otherwise those who ask wait in their order.
///
/// **Failures.** An endpoint that cannot be connected to is left alone for a while
/// (`pool_options::pause`); those who wait get sessions of the others, or go on waiting until it
/// answers or their limit passes. However many wait, one session is tried when it is time. Errors
/// that are not worth another attempt (`is_worth_retrying`), on every endpoint, are told to all who
/// wait.
///
/// @par Thread safety
/// On its loop only.
///
/// @par Example
/// @snippet test/integration/clients_test.cpp pool
class EDDY_EXPORT pool {
public:
    /// A pool of sessions to the endpoints, on the current loop. Makes none yet.
    ///
    /// @param where  At least one; none throws `std::invalid_argument`.
    explicit pool(std::vector<endpoint> where, pool_options options = {});
    /// The same for one endpoint: `eddy::pool calls("tcp://calls:7000")`.
    explicit pool(const endpoint& where, pool_options options = {});
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    /// Drops every session that is not leased, and ends every wait with `errc::closed`.
    ~pool();

    /// Leases a session.
    ///
    /// @param limit  When to give up waiting. What has passed already gets what is idle.
    ///
    /// @par Errors
    /// - `errc::timed_out`   - none was there before `limit`; `failures()` tells whether an
    ///   endpoint is to blame.
    /// - `errc::would_block` - `pool_options::max_waiting` wait already.
    /// - `errc::closed`      - the pool was closed.
    /// - `errc::cancelled`   - the task was stopped.
    /// - otherwise an error for which no endpoint is worth another attempt.
    ///
    /// @par Cancellation
    /// Cancel-safe: who is stopped, or destroyed, leaves the queue; a session that was meant for
    /// him is lent to the next.
    ///
    /// @par Thread safety
    /// Any number of tasks of the loop.
    task<result<lease>> acquire(deadline limit);

    /// From now on sessions are made to these; at least one. Those to others are closed when they
    /// are not leased. For names that change: see `resolve_srv`.
    void set_endpoints(std::vector<endpoint> where);

    /// The endpoints that could not be connected to when that was tried last.
    [[nodiscard]] std::vector<connect_failure> failures() const;

    [[nodiscard]] pool_stats stats() const noexcept;

    /// Ends the pool: nobody gets a session any more, those who wait are told `errc::closed`, idle
    /// sessions are closed, and leased ones when they come back. Waits for that.
    ///
    /// @param limit  When leased sessions are aborted, which their users find in their next
    ///               operation; what they hold is not waited for then.
    ///
    /// @par Cancellation
    /// As if `limit` had passed.
    task<> close(deadline limit = deadline::never());

private:
    std::shared_ptr<detail::pool_state> state_;
};

} // namespace eddy
