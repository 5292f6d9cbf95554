// SPDX-License-Identifier: BSL-1.0
#include "engine/linux/far_clock.hpp"

#include <chrono>
#include <sys/timerfd.h>

namespace eddy::detail {

far_clock::far_clock() noexcept
    : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

bool far_clock::set(time_point at) noexcept {
    const auto since_start = at.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since_start);
    const ::itimerspec when{{}, {whole.count(), (since_start - whole).count()}};
    if (::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) {
        return false;
    }
    rings_ = at;
    return true;
}

} // namespace eddy::detail
