// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include "platform/unique_fd.hpp"

namespace eddy::detail {

/// A timerfd for the times that a loop waits for and that are not due soon.
///
/// A limit of the wait itself costs the kernel a timer for each wait, a twentieth of an echoed
/// message; to set this clock costs a call. Deadlines are far away and seldom move.
class far_clock {
public:
    /// Without a descriptor when the system gives none.
    far_clock() noexcept;

    /// Becomes readable when it rings, and is never read: to be watched for edges.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// How long a wait may last that must end at `armed`: without a limit where this will ring.
    /// `now` gives the time.
    template <class Now>
    [[nodiscard]] duration patience(time_point armed, Now now) noexcept {
        if (rings_ <= armed) {
            return duration::max(); // it may ring for what has moved; then it is set again
        }
        const duration left = armed - now();
        if (left <= duration::zero()) {
            return duration::zero();
        }
        return left > soon && set(armed) ? duration::max() : left;
    }

    void has_rung() noexcept { rings_ = time_point::max(); }

private:
    static constexpr duration soon = std::chrono::milliseconds(10);

    [[nodiscard]] bool set(time_point at) noexcept;

    platform::unique_fd fd_;
    time_point rings_ = time_point::max();
};

} // namespace eddy::detail
