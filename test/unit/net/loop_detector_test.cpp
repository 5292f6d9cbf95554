// SPDX-License-Identifier: BSL-1.0
#include "net/loop_detector.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

using finding = loop_detector::finding;

constexpr time_point start{100s};

struct fixture {
    finding look(time_point now, std::string_view text = "loop", const char* from = "192.0.2.1:5") {
        return tested.look(
            *address::parse(from), std::as_bytes(std::span(text.data(), text.size())), now
        );
    }

    loop_detector tested{20, 60s};
};

TEST_CASE(
    "loop_detector: the same more than 20 times in a second, silences", "[net][loop_detector]"
) {
    fixture f;
    for (int i = 0; i != 20; ++i) {
        CHECK(f.look(start + i * 50ms) == finding::fine);
    }

    CHECK(f.look(start + 1s) == finding::begins);
    CHECK(f.look(start + 2s) == finding::silenced);
    CHECK(f.look(start + 2s, "something else") == finding::silenced);
    CHECK(f.look(start + 61s - 1ns) == finding::silenced);
    CHECK(f.look(start + 61s) == finding::fine);
}

TEST_CASE("loop_detector: a short silence is over, it counts from one", "[net][loop_detector]") {
    fixture f{loop_detector(20, 100ms)};
    for (int i = 0; i != 21; ++i) {
        f.look(start);
    }

    CHECK(f.look(start + 99ms) == finding::silenced);
    for (int i = 0; i != 20; ++i) {
        CHECK(f.look(start + 100ms) == finding::fine);
    }
    CHECK(f.look(start + 100ms) == finding::begins);
}

TEST_CASE("loop_detector: 20 a second for ever, is no loop", "[net][loop_detector]") {
    fixture f;
    for (int i = 0; i != 1000; ++i) {
        REQUIRE(f.look(start + i * 51ms) == finding::fine);
    }
}

TEST_CASE("loop_detector: different data or peers, are no loop", "[net][loop_detector]") {
    fixture f;
    for (int i = 0; i != 1000; ++i) {
        REQUIRE(f.look(start, std::to_string(i)) == finding::fine);
        REQUIRE(
            f.look(start, "loop", ("192.0.2.1:" + std::to_string(2000 + i)).c_str()) ==
            finding::fine
        );
    }
}

TEST_CASE(
    "loop_detector: several datagrams that take turns, are found too", "[net][loop_detector]"
) {
    fixture f;
    int looks = 0;
    while (f.look(start, std::string(static_cast<std::size_t>(looks % 513), 'x')) == finding::fine
    ) {
        ++looks;
        REQUIRE(looks < 513 * 21);
    }
    CHECK(looks >= 20 * 513);
}

TEST_CASE("loop_detector: another peer, is not silenced with it", "[net][loop_detector]") {
    fixture f;
    for (int i = 0; i != 21; ++i) {
        f.look(start);
    }

    CHECK(f.look(start) == finding::silenced);
    CHECK(f.look(start, "loop", "192.0.2.1:6") == finding::fine);
    CHECK(f.look(start, "loop", "192.0.2.2:5") == finding::fine);
}

TEST_CASE("loop_detector: zero, finds nothing", "[net][loop_detector]") {
    loop_detector off(0, 60s);
    for (int i = 0; i != 1000; ++i) {
        REQUIRE(off.look(*address::parse("192.0.2.1:5"), {}, start) == finding::fine);
    }
}

} // namespace
} // namespace eddy::detail
