// SPDX-License-Identifier: BSL-1.0
#include "engine/epoll/epoll_wait.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>

namespace eddy::detail {
namespace {

using namespace std::chrono;

std::atomic<bool> has_nanoseconds{true};

} // namespace

int wait_for_events(int set, std::span<::epoll_event> into, duration longest) noexcept {
    const int room = static_cast<int>(into.size());
    if (longest == duration::max()) {
        return ::epoll_wait(set, into.data(), room, -1);
    }
    if (longest == duration::zero()) {
        return ::epoll_wait(set, into.data(), room, 0);
    }
    if (has_nanoseconds.load(std::memory_order_relaxed)) {
        const auto whole = floor<seconds>(longest);
        const ::timespec limit{whole.count(), duration_cast<nanoseconds>(longest - whole).count()};
        const int found = ::epoll_pwait2(set, into.data(), room, &limit, nullptr);
        // A sandbox may forbid what it does not know, with one or the other.
        if (found >= 0 || (errno != ENOSYS && errno != EPERM)) {
            return found;
        }
        has_nanoseconds.store(false, std::memory_order_relaxed);
    }
    const auto limit = std::min<milliseconds::rep>(ceil<milliseconds>(longest).count(), INT_MAX);
    return ::epoll_wait(set, into.data(), room, static_cast<int>(limit));
}

} // namespace eddy::detail
