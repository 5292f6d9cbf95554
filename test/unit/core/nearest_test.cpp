// SPDX-License-Identifier: BSL-1.0
#include "core/nearest.hpp"

#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;

constexpr auto words =
    std::to_array<std::string_view>({"echo", "discard", "tcp", "time", "daytime"});

TEST_CASE("nearest: a misspelt word, gives the right one", "[core][nearest]") {
    struct row {
        std::string_view word;
        std::string_view expected;
    };

    const auto& [word, expected] = GENERATE(
        row{"echo", "echo"},
        row{"ehco", "echo"},
        row{"eco", "echo"},
        row{"echoo", "echo"},
        row{"echp", "echo"},
        row{"ECHO", "echo"},
        row{"tpc", "tcp"},
        row{"tcp6", "tcp"},
        row{"diskrad", "discard"},
        row{"diskrat", ""},
        row{"diskard", "discard"},
        row{"daitimme", "daytime"},
        row{"timer", "time"},
        row{"", ""},
        row{"x", ""},
        row{"http", ""}
    );

    CHECK(eddy::detail::nearest(word, words) == expected);
}

TEST_CASE("nearest: nothing to choose from, gives nothing", "[core][nearest]") {
    CHECK(eddy::detail::nearest("echo", {}).empty());
    CHECK(eddy::detail::nearest(std::string(100'000, 'e'), words).empty());
}

} // namespace
