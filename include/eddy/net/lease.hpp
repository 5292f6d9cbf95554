// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>

#include <memory>

namespace eddy {

namespace detail {
struct pooled;
class pool_state;
class pool_waiter;
} // namespace detail

/// The use of a session of a `pool`. Its end gives the session back.
///
/// A session that comes back in the middle of something is closed instead of being lent again: with
/// bytes that were not read, with its end or a failure seen, after `close`, `abort`,
/// `shutdown_send` or `request_drain`. What the pool cannot see, you have to say: `discard()` when
/// an answer is still to come.
///
/// May outlive its pool; the session ends with it then.
///
/// @par Thread safety
/// On the pool's loop only.
class EDDY_EXPORT lease {
public:
    lease(lease&& other) noexcept;
    lease& operator=(lease&& other) noexcept;
    ~lease();

    [[nodiscard]] session& operator*() const noexcept;
    [[nodiscard]] session* operator->() const noexcept { return &**this; }

    /// The session is not for anybody else: closed when the lease ends.
    void discard() noexcept;

    /// True when somebody has leased the session before: then a failure of the first request may
    /// mean no more than that the server has closed it meanwhile.
    [[nodiscard]] bool is_reused() const noexcept;

    /// What the session was made to.
    [[nodiscard]] const endpoint& at() const noexcept;

private:
    friend class pool;
    friend class detail::pool_waiter;
    friend class detail::pool_state;
    lease(std::shared_ptr<detail::pool_state> home, std::unique_ptr<detail::pooled> held) noexcept;

    std::shared_ptr<detail::pool_state> home_;
    std::unique_ptr<detail::pooled> held_;
};

} // namespace eddy
