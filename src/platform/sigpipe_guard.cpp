// SPDX-License-Identifier: BSL-1.0
#include "platform/sigpipe_guard.hpp"

#if defined(__linux__) // which alone has the calls, and the sigtimedwait that this takes

#include <ctime>

namespace eddy::platform {
namespace {

sigset_t only_sigpipe() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    return set;
}

} // namespace

sigpipe_guard::sigpipe_guard() noexcept {
    const auto set = only_sigpipe();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

sigpipe_guard::~sigpipe_guard() {
    if (::sigismember(&before_, SIGPIPE) == 1) {
        return;
    }
    if (is_raised_) {
        const auto set = only_sigpipe();
        const ::timespec at_once{};
        (void)::sigtimedwait(&set, nullptr, &at_once); // ignored signals were never pending
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace eddy::platform

#endif
