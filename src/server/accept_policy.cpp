// SPDX-License-Identifier: BSL-1.0
#include "server/accept_policy.hpp"

#include <algorithm>
#include <cerrno>

namespace eddy::detail {

accept_policy::verdict accept_policy::next(const error_code& outcome) noexcept {
    if (!outcome) {
        pause_ = duration::zero();
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
        return verdict::retry;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC: // of epoll: fs.epoll.max_user_watches
        pause_ = pause_ == duration::zero() ? pause_first : std::min(pause_ * 2, pause_max);
        return verdict::pause;
    default:
        return verdict::fail;
    }
}

} // namespace eddy::detail
