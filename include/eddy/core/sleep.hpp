// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/timer.hpp>

namespace eddy {

namespace detail {

/// Waits for a point in time. Made by `sleep` and `sleep_until`.
class EDDY_EXPORT sleep_awaiter final : public waiter {
public:
    explicit sleep_awaiter(time_point until) noexcept : until_(until) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_resume() const;

private:
    struct alarm : timer {
        explicit alarm(sleep_awaiter& woken) noexcept
            : timer([](timer& fired) noexcept { static_cast<alarm&>(fired).sleeper->wake(); }),
              sleeper(&woken) {}
        sleep_awaiter* sleeper;
    };

    bool start() override;
    void on_stop() noexcept override;

    time_point until_;
    alarm alarm_{*this};
    bool is_cancelled_ = false;
};

/// Lets the others run. Made by `yield`.
class EDDY_EXPORT yield_awaiter final : public waiter {
public:
    yield_awaiter() noexcept = default;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_resume() const;

private:
    bool start() override;
    void on_stop() noexcept override {}
};

} // namespace detail

/// Waits until the loop's clock shows `until`; `time_point::max()` waits for a stop. Suspends also
/// when that has passed.
///
/// @par Errors
/// Throws `eddy::cancelled` when the task was stopped, also when that was before the call.
///
/// @par Cancellation
/// A stop ends the wait at once.
///
/// @par Thread safety
/// In a task, on its loop.
[[nodiscard]] inline detail::sleep_awaiter sleep_until(time_point until) noexcept {
    return detail::sleep_awaiter(until);
}

/// Waits for `time`, counted from the call; zero or less lets the others run once. Otherwise as
/// `sleep_until`.
[[nodiscard]] inline detail::sleep_awaiter sleep(duration time) {
    return detail::sleep_awaiter(within(time).at());
}

/// Lets every other task of the loop that is ready run first. For long work that does not wait by
/// itself.
///
/// @par Errors
/// Throws `eddy::cancelled` when the task was stopped.
///
/// @par Cancellation
/// Comes back in its turn, stopped or not: a task that ignores its stop cannot starve the others by
/// this.
///
/// @par Thread safety
/// In a task, on its loop.
[[nodiscard]] inline detail::yield_awaiter yield() noexcept {
    return detail::yield_awaiter();
}

} // namespace eddy
