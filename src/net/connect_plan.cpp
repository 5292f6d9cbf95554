// SPDX-License-Identifier: BSL-1.0
#include "net/connect_plan.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace eddy::detail {

connect_plan::connect_plan(
    std::size_t targets, const connect_options& options, time_point now, std::uint64_t seed
)
    : options_(options), random_(seed), pause_(options.retry.pause, random_.next()),
      outcomes_(targets), order_(targets) {
    if (!options.retry.is_worth) {
        throw std::invalid_argument(
            "connect: `retry.is_worth` is null; leave it out for `is_worth_retrying`"
        );
    }
    if (options.retry.total > duration::zero()) {
        limit_ = deadline::after(now, options.retry.total);
    }
    std::iota(order_.begin(), order_.end(), std::size_t(0));
    begin_round();
}

void connect_plan::begin_round() {
    place_ = 0;
    if (options_.order == endpoint_order::shuffled) {
        for (std::size_t left = order_.size(); left > 1; --left) {
            std::swap(order_[left - 1], order_[random_.below(left)]);
        }
    }
}

connect_plan::step connect_plan::next(time_point now) {
    if (limit_.at() <= now) {
        return {};
    }
    while (place_ != order_.size()) {
        const auto target = order_[place_++];
        if (is_worth_trying(target)) {
            const auto until = std::min(deadline::after(now, options_.timeout), limit_);
            return {step::kind::attempt, target, until};
        }
    }
    return end_of_round(now);
}

connect_plan::step connect_plan::end_of_round(time_point now) {
    ++rounds_;
    bool goes_on = options_.retry.attempts == 0 || rounds_ < options_.retry.attempts;
    if (goes_on) {
        goes_on = std::any_of(order_.begin(), order_.end(), [this](std::size_t target) {
            return is_worth_trying(target);
        });
    }
    const auto until = goes_on ? deadline::after(now, pause_.next()) : limit_;
    if (!goes_on || until >= limit_) {
        return {};
    }
    begin_round();
    return {step::kind::pause, 0, until};
}

void connect_plan::failed(error_code why) noexcept {
    outcome& tried = outcomes_[order_[place_ - 1]];
    tried.why = last_ = why;
    ++tried.attempts;
}

bool connect_plan::is_worth_trying(std::size_t target) const noexcept {
    const outcome& tried = outcomes_[target];
    return tried.attempts == 0 || options_.retry.is_worth(tried.why);
}

} // namespace eddy::detail
