// SPDX-License-Identifier: BSL-1.0
#include "pattern.hpp"

#include "support/catch.hpp"

#include <vector>

using client::pattern;

TEST_CASE("pattern: cut anywhere, the parts match at their places alone", "[eddy][pattern]") {
    const pattern bytes(1000);
    const std::uint64_t position = GENERATE(
        as<std::uint64_t>(),
        0,
        1,
        pattern::period - 1,
        pattern::period,
        5 * pattern::period + 7,
        1ULL << 40
    );
    const std::size_t size = GENERATE(as<std::size_t>(), 1, 8, 999, 1000);
    const auto part = bytes.at(position, size);

    REQUIRE(part.size() == size);
    CHECK(bytes.matches(position, part));
    CHECK(bytes.matches(position + pattern::period, part));
    if (size >= 8) { // a byte alone is found in many places
        CHECK_FALSE(bytes.matches(position + 1, part));
        CHECK_FALSE(bytes.matches(position + pattern::period - 1, part));
        CHECK_FALSE(bytes.matches(position + 4096, part));
    }
}

TEST_CASE("pattern: more than is lent at once, matches across periods", "[eddy][pattern]") {
    const pattern bytes(10);
    std::vector<std::byte> received;
    for (std::uint64_t at = 100; received.size() != 3 * pattern::period; ++at) {
        received.push_back(bytes.at(at, 1).front());
    }

    CHECK(bytes.matches(100, received));

    const std::size_t wrong =
        GENERATE(as<std::size_t>(), 0, 65'420, 65'421, 65'431, 3 * pattern::period - 1);
    received[wrong] ^= std::byte{1};
    CHECK_FALSE(bytes.matches(100, received));
}
