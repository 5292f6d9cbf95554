// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/promise.hpp>

#include <atomic>
#include <cstdint>
#include <source_location>

namespace eddy::detail {

/// What a loop does at this moment, for another thread to look at.
///
/// The loop's work is a row of steps: a coroutine that runs until it waits, a posted function, the
/// timers of a turn. A step costs five plain stores to a line of its own loop.
///
/// @par Thread safety
/// `look` from any thread; the rest on the loop's own.
class loop_activity {
public:
    struct view {
        std::uint64_t step = 0; ///< Another one for each step; never 0 during one.
        task_owner owner;
        std::source_location where; ///< Where the step's coroutine had waited; line 0: nowhere.
    };

    void begin(task_owner owner, std::source_location where) noexcept {
        const std::uint64_t next = (step_.load(std::memory_order_relaxed) & ~resting) + 1;
        // Whoever reads a part that is new finds afterwards that the step is another one.
        step_.store(next | resting, std::memory_order_relaxed);
        listener_.store(owner.listener, std::memory_order_release);
        session_.store(owner.session, std::memory_order_release);
        where_.store(where, std::memory_order_release);
        step_.store(next, std::memory_order_release);
    }

    /// The loop waits for something to do.
    void rest() noexcept {
        step_.store(step_.load(std::memory_order_relaxed) | resting, std::memory_order_relaxed);
    }

    /// For what happens within a step on somebody else's account: the state to come back to.
    [[nodiscard]] view save() const noexcept {
        return {
            step_.load(std::memory_order_relaxed),
            {listener_.load(std::memory_order_relaxed), session_.load(std::memory_order_relaxed)},
            where_.load(std::memory_order_relaxed)
        };
    }
    void restore(const view& before) noexcept {
        if (step_.load(std::memory_order_relaxed) == before.step) {
            return;
        }
        begin(before.owner, before.where);
        if ((before.step & resting) != 0) {
            rest();
        }
    }

    /// The step that runs now; step 0 when the loop rests or just goes over to another step.
    [[nodiscard]] view look() const noexcept {
        view seen;
        seen.step = step_.load(std::memory_order_acquire);
        seen.owner.listener = listener_.load(std::memory_order_acquire);
        seen.owner.session = session_.load(std::memory_order_acquire);
        seen.where = where_.load(std::memory_order_acquire);
        const bool is_whole = step_.load(std::memory_order_relaxed) == seen.step;
        return is_whole && (seen.step & resting) == 0 ? seen : view();
    }

    /// The processor time of the loop's thread, as platform/thread_clock.hpp reads it; -1 before
    /// the loop runs.
    void use_clock(int of_thread) noexcept { clock_.store(of_thread, std::memory_order_relaxed); }
    [[nodiscard]] int clock() const noexcept { return clock_.load(std::memory_order_relaxed); }

private:
    /// Set in `step_` while no step runs.
    static constexpr std::uint64_t resting = std::uint64_t(1) << 63;

    std::atomic<std::uint64_t> step_{resting};
    std::atomic<const char*> listener_{nullptr};
    std::atomic<std::uint64_t> session_{0};
    std::atomic<std::source_location> where_{};
    std::atomic<int> clock_{-1};
};

} // namespace eddy::detail
