// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/deadline.hpp>

#include <cstddef>

namespace eddy::detail {

/// The end of a server as a state machine without I/O.
///
/// | phase     | request                         | force     | time passed | nothing live |
/// |-----------|---------------------------------|-----------|-------------|--------------|
/// | running   | → lame_duck; no delay: draining | → forcing |             | → stopped    |
/// | lame_duck | → forcing                       | → forcing | → draining  | → stopped    |
/// | draining  | → forcing                       | → forcing | → stopping  | → stopped    |
/// | stopping  | → forcing                       | → forcing | → forcing   | → stopped    |
/// | forcing   |                                 |           |             | → stopped    |
/// | stopped   |                                 |           |             |              |
///
/// A listener that accepts is live: without sessions a server is stopped while it is running or a
/// lame duck only if every listener has ended.
class drain_policy {
public:
    enum class phase { running, lame_duck, draining, stopping, forcing, stopped };

    /// What to do on entering the new phase.
    enum class action {
        none,
        announce, ///< Say that the end is near; go on as before.
        drain,    ///< Stop accepting, tell every session.
        stop,     ///< Request a stop of every session's task.
        force,    ///< Reset every session and destroy its task.
        finish,   ///< Nothing is left.
    };

    /// Between the stop of the tasks and their destruction.
    static constexpr duration grace = std::chrono::seconds(2);

    /// @param delay    How long a lame duck accepts.
    /// @param timeout  How long the drain after it may take.
    action on_request(time_point now, duration delay, duration timeout) noexcept;
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
    duration timeout_{};
};

/// When those sessions are told of a drain that are between two messages: after a grace, spread
/// evenly over a time, and all of them before the drain's time is up.
class drain_pace {
public:
    drain_pace(time_point begin, deadline end, duration grace, duration spread) noexcept;

    /// When the first of them is told.
    [[nodiscard]] time_point first() const noexcept { return first_; }
    /// When that one of `count` is told, counted from 0.
    [[nodiscard]] time_point at(std::size_t index, std::size_t count) const noexcept;

private:
    time_point first_;
    duration spread_;
};

} // namespace eddy::detail
