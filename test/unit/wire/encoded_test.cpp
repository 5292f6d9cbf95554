// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/encoded.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>

namespace eddy::wire {
namespace {

TEST_CASE("small_bytes: as many as fit, kept in order", "[wire][encoded]") {
    small_bytes bytes("0123456789");
    bytes.append("0123456789abc");
    bytes.push_back(std::byte('d'));

    CHECK(bytes.text() == "01234567890123456789abcd");
}

TEST_CASE("small_bytes: one more than fits, throws", "[wire][encoded]") {
    CHECK_THROWS_AS(small_bytes(std::string(small_bytes::capacity + 1, 'x')), std::length_error);
}

TEST_CASE("encoded: a frame or a refusal, tells which", "[wire][encoded]") {
    const encoded made = frame{.head = small_bytes("<"), .tail = small_bytes(">>")};
    const encoded refused = refusal::malformed(1, "a rule");

    CHECK(made);
    CHECK(made->size() == 3);
    CHECK_FALSE(refused);
    CHECK(refused->size() == 0);
    CHECK(refused.why().code() == errc::malformed);
}

} // namespace
} // namespace eddy::wire
