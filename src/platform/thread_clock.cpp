// SPDX-License-Identifier: BSL-1.0
#include "platform/thread_clock.hpp"

#include <ctime>
#include <pthread.h>

namespace eddy::platform {

int own_thread_clock() noexcept {
    clockid_t clock{};
    return ::pthread_getcpuclockid(::pthread_self(), &clock) == 0 ? clock : -1;
}

std::optional<std::chrono::nanoseconds> thread_time(int clock) noexcept {
    timespec time{};
    if (clock == -1 || ::clock_gettime(clock, &time) != 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace eddy::platform
