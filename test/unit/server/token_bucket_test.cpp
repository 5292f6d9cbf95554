// SPDX-License-Identifier: BSL-1.0
#include "server/token_bucket.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

constexpr time_point start{100s};

/// How many pass at `now`.
int pass(token_bucket& bucket, time_point now) {
    int passed = 0;
    while (passed < 1000 && bucket.wait(now) == duration::zero()) {
        bucket.take();
        ++passed;
    }
    return passed;
}

TEST_CASE("token_bucket: a second's worth at once, then one by one") {
    token_bucket bucket(10);
    CHECK(pass(bucket, start) == 10);
    CHECK(bucket.wait(start) == 100ms);
    CHECK(pass(bucket, start + 99ms) == 0);
    CHECK(pass(bucket, start + 100ms) == 1);
    CHECK(pass(bucket, start + 600ms) == 5);
}

TEST_CASE("token_bucket: a quiet hour saves up no more than a second") {
    token_bucket bucket(10);
    CHECK(pass(bucket, start) == 10);
    CHECK(pass(bucket, start + 1h) == 10);
}

TEST_CASE("token_bucket: who waits as long as told may pass") {
    token_bucket bucket(3);
    time_point now = start;
    CHECK(pass(bucket, now) == 3);
    for (int i = 0; i < 100; ++i) {
        now += bucket.wait(now);
        CHECK(pass(bucket, now) == 1);
    }
    CHECK(now - start <= 33'334ms);
}

TEST_CASE("token_bucket: a clock that steps back gives nothing away") {
    token_bucket bucket(10);
    CHECK(pass(bucket, start) == 10);
    CHECK(pass(bucket, start - 1h) == 0);
    CHECK(pass(bucket, start) == 0);
    CHECK(pass(bucket, start + 1s) == 10);
}

TEST_CASE("token_bucket: a rate of zero holds up nobody") {
    token_bucket bucket(0);
    CHECK(pass(bucket, start) == 1000);
}

} // namespace
} // namespace eddy::detail
