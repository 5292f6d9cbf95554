// SPDX-License-Identifier: BSL-1.0
#include "platform/block_signals.hpp"

namespace eddy::platform {

block_signals::block_signals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

block_signals::~block_signals() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace eddy::platform
