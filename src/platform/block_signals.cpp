// SPDX-License-Identifier: BSL-1.0
#include "platform/block_signals.hpp"

namespace eddy::platform {
namespace {

/// What a thread brings upon itself. POSIX leaves undefined what a fault does whose signal is
/// blocked; Linux ends the process without calling its handler, be it a crash reporter's or a
/// sanitizer's.
constexpr int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

} // namespace

block_signals::block_signals() noexcept {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int fault : faults) {
        ::sigdelset(&blocked, fault);
    }
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
}

block_signals::~block_signals() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace eddy::platform
