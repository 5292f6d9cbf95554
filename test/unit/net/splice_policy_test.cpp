// SPDX-License-Identifier: BSL-1.0
#include "net/splice_policy.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <vector>

namespace eddy {
namespace {

using detail::splice_policy;

constexpr std::size_t big = splice_policy::large;
constexpr std::size_t middling = splice_policy::small;
constexpr std::size_t tiny = splice_policy::small - 1;

struct row {
    const char* what;
    std::vector<std::size_t> pieces;
    bool splices;
};

TEST_CASE("splice policy: a row of pieces, says whether a pipe is worth it", "[net][relay]") {
    const auto given = GENERATE(values<row>({
        {"nothing yet", {}, false},
        {"three large ones", {big, big, big}, false},
        {"four large ones", {big, big, big, big}, true},
        {"four, not in a row", {big, big, middling, big, big}, false},
        {"then three small ones", {big, big, big, big, tiny, tiny, tiny}, true},
        {"then four small ones", {big, big, big, big, tiny, tiny, tiny, tiny}, false},
        {"then some that are neither",
         {big, big, big, big, middling, middling, middling, middling, middling},
         true},
        {"then small ones with others between",
         {big, big, big, big, tiny, tiny, tiny, middling, tiny, tiny},
         true},
        {"and large ones again",
         {big, big, big, big, tiny, tiny, tiny, tiny, big, big, big, big},
         true},
    }));
    splice_policy policy;

    for (const std::size_t bytes : given.pieces) {
        policy.passed(bytes);
    }

    INFO(given.what);
    CHECK(policy.is_splicing() == given.splices);
}

TEST_CASE("splice policy: stopped, begins anew", "[net][relay]") {
    splice_policy policy;
    for (unsigned i = 0; i != splice_policy::enough; ++i) {
        policy.passed(big);
    }

    policy.stop();

    CHECK_FALSE(policy.is_splicing());
    policy.passed(big);
    CHECK_FALSE(policy.is_splicing());
}

} // namespace
} // namespace eddy
