// SPDX-License-Identifier: BSL-1.0
#include "net/byte_ring.hpp"

#include "support/catch.hpp"

#include <array>
#include <deque>
#include <random>
#include <vector>

using eddy::detail::byte_ring;

TEST_CASE("byte_ring: pushes and pops of any size, same as a queue", "[net][byte_ring]") {
    constexpr std::size_t capacity = 7;
    byte_ring ring(capacity);
    std::deque<std::byte> model;
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp): the same run every time
    std::uniform_int_distribution<std::size_t> length(0, 9);

    for (int round = 0; round != 2000; ++round) {
        std::vector<std::byte> bytes(length(random));
        for (auto& byte : bytes) {
            byte = static_cast<std::byte>(random());
        }
        const auto pushed = ring.push(bytes);
        REQUIRE(pushed == std::min(bytes.size(), capacity - model.size()));
        model.insert(
            model.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(pushed)
        );
        REQUIRE(ring.size() == model.size());
        REQUIRE(ring.room() == capacity - model.size());

        std::vector<std::byte> popped(length(random));
        popped.resize(ring.pop(popped));
        for (const auto byte : popped) {
            REQUIRE(byte == model.front());
            model.pop_front();
        }
        REQUIRE(ring.empty() == model.empty());
    }
}

TEST_CASE("byte_ring: cleared, starts again", "[net][byte_ring]") {
    byte_ring ring(4);
    const std::array bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    std::array<std::byte, 4> into{};
    ring.push(bytes);

    ring.clear();

    CHECK(ring.empty());
    CHECK(ring.pop(into) == 0);
    CHECK(ring.push(bytes) == 3);
    CHECK(ring.pop(into) == 3);
    CHECK(into[2] == std::byte{3});
}
