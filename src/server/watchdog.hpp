// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop_activity.hpp>
#include <eddy/core/loop_group.hpp>

#include "server/stall_policy.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace eddy::detail {

/// What a watchdog has seen. Any thread.
struct stall_counts {
    std::atomic<std::uint64_t> stalls{0};
    std::atomic<duration::rep> longest{0};
};

/// A thread that looks at the loops of a group and names in the log what keeps one of them busy for
/// too long. It touches nothing of a loop but its `loop_activity`.
///
/// The names of listeners that the loops' tasks run on account of must outlive it.
class watchdog {
public:
    /// Throws `std::system_error` when there is no thread to be had.
    watchdog(loop_group& watched, duration limit, stall_counts& counts);
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog();

private:
    struct watched_loop {
        watched_loop(std::size_t number, const loop_activity& its, duration limit) noexcept
            : index(number), activity(&its), policy(limit) {}

        std::size_t index;
        const loop_activity* activity;
        stall_policy policy;
        std::optional<std::chrono::nanoseconds> worked_before; // at the first look at the step
    };

    void run();
    void look(watched_loop& at, duration past);

    std::vector<watched_loop> loops_;
    duration period_;
    stall_counts* counts_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_over_ = false; // guarded by mutex_
    std::thread thread_;   // declared last: it uses all of the above
};

} // namespace eddy::detail
