// SPDX-License-Identifier: BSL-1.0
#include "server/watchdog.hpp"

#include <eddy/core/log.hpp>

#include "platform/start_thread.hpp"
#include "platform/thread_clock.hpp"

#include <algorithm>

namespace eddy::detail {
namespace {

using steady = std::chrono::steady_clock;

std::int64_t milliseconds(duration time) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

const char* name_of(const loop_activity::view& step) noexcept {
    return step.owner.listener ? step.owner.listener : "none";
}

} // namespace

watchdog::watchdog(loop_group& watched, duration limit, stall_counts& counts)
    : period_(stall_policy::period(limit)), counts_(&counts) {
    for (std::size_t i = 0; i != watched.size(); ++i) {
        loops_.emplace_back(i, watched[i].activity(), limit);
    }
    thread_ = platform::start_thread("eddy/watchdog", [this] { run(); });
}

watchdog::~watchdog() {
    {
        const std::lock_guard guard(mutex_);
        is_over_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void watchdog::run() {
    std::unique_lock guard(mutex_);
    auto before = steady::now();
    while (!changed_.wait_until(guard, before + period_, [this] { return is_over_; })) {
        const auto now = steady::now();
        for (auto& each : loops_) {
            look(each, now - before);
        }
        before = now;
    }
}

void watchdog::look(watched_loop& at, duration past) {
    using action = stall_policy::action;
    const auto step = at.activity->look();
    const auto what = at.policy.on_look(step.step, past);
    const auto length = at.policy.length();
    if (length == duration::zero()) {
        at.worked_before = platform::thread_time(at.activity->clock());
    }
    if (at.policy.is_stalled() &&
        length.count() > counts_->longest.load(std::memory_order_relaxed)) {
        counts_->longest.store(length.count(), std::memory_order_relaxed);
    }
    switch (what) {
    case action::none:
        return;
    case action::warn:
        counts_->stalls.fetch_add(1, std::memory_order_relaxed);
        log::warning(
            "a handler blocks its loop",
            {{"loop", at.index},
             {"listener", name_of(step)},
             {"session", step.owner.session},
             {"ms", milliseconds(length)},
             {"resumed_at", step.where.file_name()},
             {"line", step.where.line()}}
        );
        return;
    case action::dump: {
        const auto worked = platform::thread_time(at.activity->clock());
        const auto busy = worked && at.worked_before ? *worked - *at.worked_before : duration();
        log::error(
            "a handler blocks its loop still; its other sessions wait",
            {{"loop", at.index},
             {"listener", name_of(step)},
             {"session", step.owner.session},
             {"ms", milliseconds(length)},
             {"cpu_ms", milliseconds(busy)},
             {"resumed_at", step.where.file_name()},
             {"line", step.where.line()},
             {"function", step.where.function_name()}}
        );
        return;
    }
    case action::over:
        log::info(
            "a blocked loop goes on", {{"loop", at.index}, {"ms", milliseconds(at.policy.ended())}}
        );
        return;
    }
}

} // namespace eddy::detail
