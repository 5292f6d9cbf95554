// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstdint>

namespace eddy::detail {

/// Tells from regular looks at one loop whether a step of it takes too long.
///
/// | state   | the same step               | another step, or none    |
/// |---------|-----------------------------|--------------------------|
/// | fine    | at the limit: warn → stalled | counts from 0 again      |
/// | stalled | at `dump_at`: dump → dumped  | over → fine              |
/// | dumped  |                             | over → fine              |
///
/// The time of a step is counted in looks. A look that comes late says that the process was
/// stopped, or the machine: who could not look cannot blame the handler, so it counts for no more
/// than two.
class stall_policy {
public:
    enum class action {
        none,
        warn, ///< The step has taken `limit`.
        dump, ///< It goes on and on.
        over, ///< A step that was warned of has ended.
    };

    explicit stall_policy(duration limit) noexcept : limit_(limit) {}

    /// How often to look: a step is noticed a quarter of the limit late at most.
    [[nodiscard]] static constexpr duration period(duration limit) noexcept { return limit / 4; }

    /// @param step  The number of the loop's step, 0 while it rests.
    /// @param past  Since the last look.
    action on_look(std::uint64_t step, duration past) noexcept;

    [[nodiscard]] bool is_stalled() const noexcept { return state_ != state::fine; }
    /// How long the step that runs has lasted; zero when it was seen for the first time.
    [[nodiscard]] duration length() const noexcept { return length_; }
    /// How long the one before lasted.
    [[nodiscard]] duration ended() const noexcept { return ended_; }

private:
    enum class state { fine, stalled, dumped };

    [[nodiscard]] duration dump_at() const noexcept;

    duration limit_;
    std::uint64_t step_ = 0;
    duration length_{};
    duration ended_{};
    state state_ = state::fine;
};

} // namespace eddy::detail
