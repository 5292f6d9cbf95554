// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <csignal>

namespace eddy::platform {

/// Keeps SIGPIPE from this thread for its life, for the calls that know no MSG_NOSIGNAL: splice(2)
/// and sendfile(2). One that was raised meanwhile is taken away again. On threads that have it
/// blocked anyway it costs one system call, otherwise two.
class sigpipe_guard {
public:
    sigpipe_guard() noexcept;
    sigpipe_guard(const sigpipe_guard&) = delete;
    sigpipe_guard& operator=(const sigpipe_guard&) = delete;
    ~sigpipe_guard();

    /// The call failed with EPIPE: the signal is pending.
    void raised() noexcept { is_raised_ = true; }

private:
    sigset_t before_;
    bool is_raised_ = false;
};

} // namespace eddy::platform
