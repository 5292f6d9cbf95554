// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <span>
#include <sys/epoll.h>

namespace eddy::detail {

/// epoll_wait(2) with a limit in nanoseconds, `duration::max()` for none. A kernel before 5.11
/// gives milliseconds, rounded up.
int wait_for_events(int set, std::span<::epoll_event> into, duration longest) noexcept;

} // namespace eddy::detail
