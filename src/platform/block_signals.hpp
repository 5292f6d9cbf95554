// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <csignal>

namespace eddy::platform {

/// Blocks signals on this thread for its life, all but those of its own faults (SIGSEGV, SIGABRT
/// …). A thread that is started meanwhile has them blocked for good: the process's signals go to
/// other threads, and no SIGPIPE ends the process.
class block_signals {
public:
    block_signals() noexcept;
    block_signals(const block_signals&) = delete;
    block_signals& operator=(const block_signals&) = delete;
    ~block_signals();

private:
    sigset_t before_;
};

} // namespace eddy::platform
