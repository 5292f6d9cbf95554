// SPDX-License-Identifier: BSL-1.0
#include "core/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace eddy::detail {
namespace {

constexpr std::size_t longest_word = 64; // longer ones are not misspelt names, and cost time

char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insertions, removals, replacements and swaps of neighbours that lead from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto same = [&](std::size_t x, std::size_t y) {
                return to_lower(a[x]) == to_lower(b[y]);
            };
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same(i - 1, j - 1)});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
    }
    return row.back();
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    if (word.empty() || word.size() > longest_word) {
        return best;
    }
    // One slip in a short word, two in a longer one; more is another word.
    std::size_t limit = word.size() < 6 ? 1 : 2;
    for (const auto candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance <= limit && (best.empty() || distance < limit)) {
            best = candidate;
            limit = distance;
        }
    }
    return best;
}

} // namespace eddy::detail
