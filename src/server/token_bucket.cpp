// SPDX-License-Identifier: BSL-1.0
#include "server/token_bucket.hpp"

#include <algorithm>
#include <chrono>

namespace eddy::detail {

duration token_bucket::wait(time_point now) noexcept {
    using seconds = std::chrono::duration<double>;
    if (rate_ == 0) {
        return duration::zero();
    }
    if (filled_ == time_point::min()) {
        filled_ = now;
    }
    const double added = seconds(now - filled_).count() * rate_;
    tokens_ = std::min<double>(rate_, tokens_ + std::max(added, 0.0));
    filled_ = std::max(filled_, now);
    if (tokens_ >= 1) {
        return duration::zero();
    }
    return std::chrono::ceil<duration>(seconds((1 - tokens_) / rate_));
}

void token_bucket::take() noexcept {
    tokens_ -= 1;
}

} // namespace eddy::detail
