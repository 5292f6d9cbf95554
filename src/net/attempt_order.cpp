// SPDX-License-Identifier: BSL-1.0
#include "net/attempt_order.hpp"

#include <algorithm>
#include <iterator>

namespace eddy::detail {

std::vector<address> attempt_order(std::vector<address> resolved) {
    if (resolved.empty()) {
        return resolved;
    }
    const auto first_kind = resolved.front().kind();
    const auto others =
        std::stable_partition(resolved.begin(), resolved.end(), [&](const address& each) {
            return each.kind() == first_kind;
        });
    std::vector<address> ordered;
    ordered.reserve(resolved.size());
    auto first = resolved.begin();
    auto second = others;
    while (first != others || second != resolved.end()) {
        if (first != others) {
            ordered.push_back(std::move(*first++));
        }
        if (second != resolved.end()) {
            ordered.push_back(std::move(*second++));
        }
    }
    return ordered;
}

} // namespace eddy::detail
