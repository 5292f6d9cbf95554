// SPDX-License-Identifier: BSL-1.0
#include "server/drain_policy.hpp"

namespace eddy::detail {

drain_policy::action drain_policy::enter(phase entered, action what, deadline next) noexcept {
    phase_ = entered;
    next_ = next;
    return what;
}

drain_policy::action drain_policy::on_request(time_point now, duration timeout) noexcept {
    if (phase_ == phase::running) {
        return enter(phase::draining, action::drain, deadline::after(now, timeout));
    }
    return on_force();
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
    if (phase_ == phase::draining) {
        return enter(phase::stopping, action::stop, deadline::after(now, grace));
    }
    return on_force();
}

drain_policy::action drain_policy::on_empty() noexcept {
    if (phase_ == phase::stopped) {
        return action::none;
    }
    return enter(phase::stopped, action::finish, deadline::never());
}

} // namespace eddy::detail
