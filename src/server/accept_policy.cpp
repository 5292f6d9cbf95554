// SPDX-License-Identifier: BSL-1.0
#include "server/accept_policy.hpp"

#include <algorithm>
#include <cerrno>

namespace eddy::detail {

accept_policy::verdict accept_policy::next(const error_code& outcome) noexcept {
    if (!outcome) {
        pause_ = duration::zero();
        retries_ = 0;
        return verdict::serve;
    }
    if (outcome == errc::closed) {
        return verdict::end;
    }
    switch (outcome.value()) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
    case EPERM:
    case EACCES: // of a security module
        return ++retries_ > retries_max ? pause_longer() : verdict::retry;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC: // of epoll: fs.epoll.max_user_watches
        return pause_longer();
    default:
        return verdict::fail;
    }
}

accept_policy::verdict accept_policy::pause_longer() noexcept {
    pause_ = pause_ == duration::zero() ? pause_first : std::min(pause_ * 2, pause_max);
    return verdict::pause;
}

} // namespace eddy::detail
