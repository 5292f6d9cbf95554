// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/fixed_size.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <stdexcept>

namespace eddy::wire {
namespace {

using test::coded;
using test::found_in;

static_assert(codec<fixed_size> && encodes<fixed_size, byte_view>);

TEST_CASE(
    "fixed_size: as many bytes as were asked for, no more and no fewer", "[wire][fixed_size]"
) {
    CHECK(found_in(fixed_size(3), "ab") == "needs 3");
    CHECK(found_in(fixed_size(3), "abc") == R"("abc" of 3)");
    CHECK(found_in(fixed_size(3), "abcd") == R"("abc" of 3)");
    CHECK(found_in(fixed_size(SIZE_MAX), "abcd") == "needs " + std::to_string(SIZE_MAX));
}

TEST_CASE("fixed_size: another size, is not sent", "[wire][fixed_size]") {
    const auto* const rule = "malformed at offset 2: a message has exactly the fixed size";

    CHECK(coded(fixed_size(2), "ab") == "ab");
    CHECK(coded(fixed_size(2), "abc") == rule);
    CHECK(coded(fixed_size(3), "ab") == rule);
}

TEST_CASE("fixed_size: no size, is refused", "[wire][fixed_size]") {
    CHECK_THROWS_AS(fixed_size(0), std::invalid_argument);
}

} // namespace
} // namespace eddy::wire
