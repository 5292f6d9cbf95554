// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>

namespace eddy {

/// A flag that tasks of one loop wait for; stays set until it is reset.
///
/// Must outlive the tasks that wait for it.
///
/// @par Thread safety
/// On its loop only; between loops use a `channel`.
class EDDY_EXPORT event {
public:
    class EDDY_EXPORT wait_awaiter final : public detail::waiter {
    public:
        explicit wait_awaiter(event& awaited) noexcept : event_(&awaited) {}

        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_resume() const;

    private:
        friend class event;

        bool start() override;
        void on_stop() noexcept override;

        event* event_;
        bool is_cancelled_ = false;
    };

    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    [[nodiscard]] bool is_set() const noexcept { return is_set_; }

    /// Ends every wait, in the order in which they began. They end also when `reset` follows at
    /// once.
    void set() noexcept;

    /// From now on tasks wait again.
    void reset() noexcept { is_set_ = false; }

    /// Waits until the event is set; goes on at once when it is.
    ///
    /// @par Errors
    /// Throws `eddy::cancelled` when the task was stopped, also when the event is set.
    ///
    /// @par Cancellation
    /// A stop ends the wait at once. One that comes after `set` is seen by the task's next
    /// operation.
    ///
    /// @par Thread safety
    /// Any number of tasks of the loop.
    [[nodiscard]] wait_awaiter wait() noexcept { return wait_awaiter(*this); }

private:
    detail::intrusive_list waiters_;
    bool is_set_ = false;
};

} // namespace eddy
