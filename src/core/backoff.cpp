// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/backoff.hpp>
#include <eddy/core/loop.hpp>

#include "core/split_mix.hpp"

#include <algorithm>
#include <stdexcept>

namespace eddy {
namespace {

/// Of the decorrelated pauses; less than e and they would shrink.
constexpr double growth = 3;

const backoff_options& checked(const backoff_options& options) {
    if (options.first <= duration::zero()) {
        throw std::invalid_argument("backoff: `first` must be above zero");
    }
    if (options.max < options.first) {
        throw std::invalid_argument("backoff: `max` must not be below `first`");
    }
    if (!(options.factor >= 1)) { // nor a NaN
        throw std::invalid_argument("backoff: `factor` must be 1 or more; 2 doubles each pause");
    }
    return options;
}

duration grown(duration from, double factor, duration max) noexcept {
    const double wanted = static_cast<double>(from.count()) * factor;
    return wanted < static_cast<double>(max.count()) ? duration(static_cast<duration::rep>(wanted))
                                                     : max;
}

} // namespace

backoff::backoff(const backoff_options& options)
    : backoff(options, loop::current().driver().random_seed()) {}

backoff::backoff(const backoff_options& options, std::uint64_t seed)
    : options_(checked(options)), allowed_(options.first), random_(seed) {}

duration backoff::next() noexcept {
    detail::split_mix random(random_);
    random_ = random.next();
    const auto between = [&random](duration least, duration most) {
        const auto width = static_cast<std::uint64_t>((most - least).count());
        return least + duration(static_cast<duration::rep>(random.below(width + 1)));
    };
    if (options_.jitter == jitter::decorrelated) {
        return allowed_ = between(options_.first, grown(allowed_, growth, options_.max));
    }
    const auto most = allowed_;
    allowed_ = grown(allowed_, options_.factor, options_.max);
    return options_.jitter == jitter::full ? between(duration::zero(), most) : most;
}

void backoff::reset() noexcept {
    allowed_ = options_.first;
}

} // namespace eddy
