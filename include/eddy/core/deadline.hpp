// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

namespace eddy {

/// A point in time on the loop's clock after which an operation gives up with `errc::timed_out`.
class deadline {
public:
    constexpr deadline() noexcept = default;
    constexpr explicit deadline(time_point at) noexcept : at_(at) {}

    /// The deadline that never passes; also the default of every operation.
    [[nodiscard]] static constexpr deadline never() noexcept { return deadline(); }

    /// `from + timeout`, saturated: a huge timeout is `never()`, a negative one has passed already.
    [[nodiscard]] static constexpr deadline after(time_point from, duration timeout) noexcept {
        if (timeout < duration::zero()) {
            return deadline(from);
        }
        // Before the clock's zero there is room for any timeout, and the difference would overflow.
        if (from > time_point() && timeout > time_point::max() - from) {
            return never();
        }
        return deadline(from + timeout);
    }

    [[nodiscard]] constexpr bool is_never() const noexcept { return at_ == time_point::max(); }
    [[nodiscard]] constexpr time_point at() const noexcept { return at_; }

    friend constexpr auto operator<=>(const deadline&, const deadline&) = default;

private:
    time_point at_ = time_point::max();
};

/// The deadline `timeout` from now on the current loop's clock: `co_await peer.read(within(5s))`.
/// Throws `std::logic_error` where no loop runs, as there is no clock.
[[nodiscard]] inline deadline within(duration timeout) {
    return deadline::after(loop_clock::now(), timeout);
}

} // namespace eddy
