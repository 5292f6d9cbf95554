// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/deadline.hpp>

namespace eddy::detail {

/// The end of a server as a state machine without I/O.
///
/// | phase    | request    | deadline passed | nothing live                            |
/// |----------|------------|-----------------|-----------------------------------------|
/// | running  | → draining |                 | → stopped (every listener has ended)    |
/// | draining | → forcing  | → stopping      | → stopped                               |
/// | stopping | → forcing  | → forcing       | → stopped                               |
/// | forcing  |            |                 | → stopped                               |
class drain_policy {
public:
    enum class phase { running, draining, stopping, forcing, stopped };

    /// What to do on entering the new phase.
    enum class action {
        none,
        drain,  ///< Stop accepting, tell every session.
        stop,   ///< Request a stop of every session's task.
        force,  ///< Reset every session and destroy its task.
        finish, ///< Nothing is left.
    };

    /// Between the stop of the tasks and their destruction.
    static constexpr duration grace = std::chrono::seconds(2);

    action on_request(time_point now, duration timeout) noexcept;
    action on_force() noexcept;
    action on_time(time_point now) noexcept;
    action on_empty() noexcept;

    [[nodiscard]] phase current() const noexcept { return phase_; }
    /// When to call `on_time`.
    [[nodiscard]] deadline next() const noexcept { return next_; }

private:
    action enter(phase entered, action what, deadline next) noexcept;

    phase phase_ = phase::running;
    deadline next_;
};

} // namespace eddy::detail
