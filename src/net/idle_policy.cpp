// SPDX-License-Identifier: BSL-1.0
#include "net/idle_policy.hpp"

#include <algorithm>
#include <stdexcept>

namespace eddy::detail {
namespace {

deadline end_by_idleness(const pool_options& options, const idle_times& times) noexcept {
    return options.max_idle > duration::zero() ? deadline::after(times.since, options.max_idle)
                                               : deadline::never();
}

deadline next_check(const pool_options& options, const idle_times& times) noexcept {
    return options.check ? deadline::after(times.answered, options.check_interval)
                         : deadline::never();
}

} // namespace

deadline end_by_age(const pool_options& options, time_point now, split_mix& random) {
    if (options.max_age <= duration::zero()) {
        return deadline::never();
    }
    const auto tenth = static_cast<std::uint64_t>((options.max_age / 10).count());
    const duration less(static_cast<duration::rep>(random.below(tenth + 1)));
    return deadline::after(now, options.max_age - less);
}

idle_verdict
judge_idle(const pool_options& options, const idle_times& times, time_point now) noexcept {
    if (times.ends.at() <= now) {
        return idle_verdict::too_old;
    }
    if (end_by_idleness(options, times).at() <= now) {
        return idle_verdict::too_idle;
    }
    return next_check(options, times).at() <= now ? idle_verdict::check : idle_verdict::keep;
}

deadline next_judgement(const pool_options& options, const idle_times& times) noexcept {
    return std::min({times.ends, end_by_idleness(options, times), next_check(options, times)});
}

void check_pool_options(const pool_options& options) {
    if (options.max_sessions == 0) {
        throw std::invalid_argument("pool: `max_sessions` is 0; allow at least one");
    }
    if (options.check_interval <= duration::zero()) {
        throw std::invalid_argument("pool: `check_interval` must be above zero");
    }
    if (options.check_timeout <= duration::zero()) {
        throw std::invalid_argument("pool: `check_timeout` must be above zero");
    }
}

} // namespace eddy::detail
