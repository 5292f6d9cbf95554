// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstdint>

namespace eddy::detail {

/// An entry of a loop's timer queue; lives in whatever waits. Removes itself when destroyed.
class EDDY_EXPORT timer {
public:
    using function = void (*)(timer&) noexcept;

    explicit timer(function on_fire) noexcept : on_fire_(on_fire) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { disarm(); }

    [[nodiscard]] bool is_armed() const noexcept { return queue_ != nullptr; }
    [[nodiscard]] time_point at() const noexcept { return at_; }

    /// Takes the timer out of its queue; nothing when it is in none.
    void disarm() noexcept;

private:
    friend class timer_queue;

    function on_fire_;
    class timer_queue* queue_ = nullptr;
    // A pairing heap: `previous_` is the left sibling, or the parent for a first child.
    timer* child_ = nullptr;
    timer* sibling_ = nullptr;
    timer* previous_ = nullptr;
    time_point at_{};
    std::uint64_t order_ = 0;
};

/// The armed timers of one loop, earliest first; equal times fire in the order in which they were
/// armed. Arming is O(1), removing and firing O(log n) amortised, and nothing allocates.
class EDDY_EXPORT timer_queue {
public:
    timer_queue() noexcept = default;
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;
    ~timer_queue();

    [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }

    /// When the next timer is due; `time_point::max()` when there is none.
    [[nodiscard]] time_point next() const noexcept {
        return root_ ? root_->at_ : time_point::max();
    }

    /// Arms `entry`, or moves it when it is armed already.
    void arm(timer& entry, time_point at) noexcept;
    void disarm(timer& entry) noexcept;

    /// Disarms and fires, in order, what is due at `now`. Stops at a timer that one of the fired
    /// armed for a time that has passed already: that and what is behind it is due in the next
    /// call, so that a call always ends.
    void fire(time_point now) noexcept;

private:
    static bool earlier(const timer& a, const timer& b) noexcept;
    static timer* merge(timer* a, timer* b) noexcept;
    static timer* merge_siblings(timer* first) noexcept;

    timer* root_ = nullptr;
    std::uint64_t orders_ = 0;
};

} // namespace eddy::detail
