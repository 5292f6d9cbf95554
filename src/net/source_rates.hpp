// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "net/rate_bucket.hpp"
#include "net/recent_table.hpp"
#include "net/source_prefix.hpp"

namespace eddy::detail {

/// A token bucket for each source. Where there are more sources than room, the ones that have come
/// least recently begin anew.
class source_rates {
public:
    source_rates(rate_limit each, std::size_t sources) : limit_(each), buckets_(sources) {}

    /// Whether one more of that source may pass now; then it has.
    bool take(const source_prefix& source, time_point now) noexcept {
        return buckets_.enter(source.key()).take(limit_, now);
    }

private:
    struct keyed_bucket : rate_bucket {
        std::uint64_t key = 0;
    };

    rate_limit limit_;
    recent_table<keyed_bucket> buckets_;
};

} // namespace eddy::detail
