// SPDX-License-Identifier: BSL-1.0
#include "net/source_rates.hpp"

#include "support/catch.hpp"

#include <string>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

constexpr time_point start{100s};

int passed(rate_bucket& bucket, const rate_limit& limit, time_point now, int tries) {
    int count = 0;
    for (int i = 0; i != tries; ++i) {
        count += bucket.take(limit, now) ? 1 : 0;
    }
    return count;
}

TEST_CASE(
    "rate_bucket: after a quiet time, lets a burst pass and then its rate", "[net][rate_bucket]"
) {
    const rate_limit limit(50, 2s);
    rate_bucket bucket;

    CHECK(passed(bucket, limit, start, 1000) == 100);
    CHECK(passed(bucket, limit, start + 19ms, 1000) == 0);
    CHECK(passed(bucket, limit, start + 20ms, 1000) == 1);
    CHECK(passed(bucket, limit, start + 1s, 1000) == 49);
    CHECK(passed(bucket, limit, start + 1h, 1000) == 100);
}

TEST_CASE("rate_bucket: one a second, lets one pass", "[net][rate_bucket]") {
    const rate_limit limit(1, 1s);
    rate_bucket bucket;

    CHECK(passed(bucket, limit, start, 3) == 1);
    CHECK(passed(bucket, limit, start + 999ms, 3) == 0);
    CHECK(passed(bucket, limit, start + 1s, 3) == 1);
}

TEST_CASE("rate_bucket: a rate of zero, lets everything pass", "[net][rate_bucket]") {
    rate_bucket bucket;

    CHECK(passed(bucket, rate_limit(0, 2s), start, 1000) == 1000);
}

TEST_CASE("source_rates: each source, has a bucket of its own", "[net][source_rates]") {
    source_rates rates(rate_limit(1, 1s), 64);
    const source_prefix greedy(*address::parse("192.0.2.1:5"));
    const source_prefix modest(*address::parse("192.0.2.2:5"));

    CHECK(rates.take(greedy, start));
    CHECK_FALSE(rates.take(greedy, start));
    CHECK(rates.take(modest, start));
    CHECK_FALSE(rates.take(source_prefix(*address::parse("192.0.2.1:6")), start));
}

} // namespace
} // namespace eddy::detail
