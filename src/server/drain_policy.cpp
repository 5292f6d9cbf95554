// SPDX-License-Identifier: BSL-1.0
#include "server/drain_policy.hpp"

#include <algorithm>

namespace eddy::detail {

drain_policy::action drain_policy::enter(phase entered, action what, deadline next) noexcept {
    phase_ = entered;
    next_ = next;
    return what;
}

drain_policy::action
drain_policy::on_request(time_point now, duration delay, duration timeout) noexcept {
    if (phase_ != phase::running) {
        return on_force();
    }
    timeout_ = timeout;
    if (delay > duration::zero()) {
        return enter(phase::lame_duck, action::announce, deadline::after(now, delay));
    }
    return enter(phase::draining, action::drain, deadline::after(now, timeout));
}

drain_policy::action drain_policy::on_force() noexcept {
    if (phase_ == phase::forcing || phase_ == phase::stopped) {
        return action::none;
    }
    return enter(phase::forcing, action::force, deadline::never());
}

drain_policy::action drain_policy::on_time(time_point now) noexcept {
    if (next_.is_never() || now < next_.at()) {
        return action::none;
    }
    switch (phase_) {
    case phase::lame_duck:
        return enter(phase::draining, action::drain, deadline::after(now, timeout_));
    case phase::draining:
        return enter(phase::stopping, action::stop, deadline::after(now, grace));
    default:
        return on_force();
    }
}

drain_policy::action drain_policy::on_empty() noexcept {
    if (phase_ == phase::stopped) {
        return action::none;
    }
    return enter(phase::stopped, action::finish, deadline::never());
}

drain_pace::drain_pace(time_point begin, deadline end, duration grace, duration spread) noexcept
    : first_(std::min(deadline::after(begin, grace).at(), end.at())),
      spread_(std::min(spread, end.at() - first_)) {}

time_point drain_pace::at(std::size_t index, std::size_t count) const noexcept {
    // In two parts: the product of both could be too large.
    const auto sessions = static_cast<duration::rep>(count);
    const auto before = static_cast<duration::rep>(index);
    return first_ + spread_ / sessions * before + spread_ % sessions * before / sessions;
}

} // namespace eddy::detail
