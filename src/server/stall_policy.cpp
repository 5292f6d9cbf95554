// SPDX-License-Identifier: BSL-1.0
#include "server/stall_policy.hpp"

#include <algorithm>
#include <utility>

namespace eddy::detail {

stall_policy::action stall_policy::on_look(std::uint64_t step, duration past) noexcept {
    if (step != step_ || step == 0) {
        step_ = step;
        ended_ = std::exchange(length_, duration::zero());
        return std::exchange(state_, state::fine) == state::fine ? action::none : action::over;
    }
    length_ += std::min(past, 2 * period(limit_));
    if (state_ == state::fine && length_ >= limit_) {
        state_ = state::stalled;
        return action::warn;
    }
    if (state_ == state::stalled && length_ >= dump_at()) {
        state_ = state::dumped;
        return action::dump;
    }
    return action::none;
}

/// A second, as far as that is not too close to the warning.
duration stall_policy::dump_at() const noexcept {
    return std::max<duration>(std::chrono::seconds(1), 2 * limit_);
}

} // namespace eddy::detail
