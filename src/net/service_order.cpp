// SPDX-License-Identifier: BSL-1.0
#include "net/service_order.hpp"

#include "core/split_mix.hpp"

#include <algorithm>
#include <utility>

namespace eddy::detail {
namespace {

using place = std::vector<service_record>::iterator;

/// Of some of the same priority, those without a weight first, the one whose turn it is.
place draw(place first, place last, split_mix& random) {
    std::uint64_t sum = 0;
    for (auto each = first; each != last; ++each) {
        sum += each->weight;
    }
    const std::uint64_t drawn = random.below(sum + 1);
    sum = first->weight;
    while (sum < drawn) {
        sum += (++first)->weight;
    }
    return first;
}

} // namespace

std::vector<service_record> service_order(std::vector<service_record> records, std::uint64_t seed) {
    split_mix random(seed);
    const auto is_before = [](const service_record& a, const service_record& b) {
        // No weight has a small chance only when it stands in front (RFC 2782, "Weight").
        return std::pair(a.priority, a.weight != 0) < std::pair(b.priority, b.weight != 0);
    };
    // std::stable_sort of libstdc++ 12 calls what clang 19 warns of as deprecated.
    for (auto each = records.begin(); each != records.end(); ++each) {
        std::rotate(std::upper_bound(records.begin(), each, *each, is_before), each, each + 1);
    }
    for (auto next = records.begin(); next != records.end(); ++next) {
        const auto last = std::find_if(next, records.end(), [&](const service_record& each) {
            return each.priority != next->priority;
        });
        const auto chosen = draw(next, last, random);
        std::rotate(next, chosen, chosen + 1); // the others keep their order
    }
    return records;
}

} // namespace eddy::detail
