// SPDX-License-Identifier: BSL-1.0
#include "net/attempt_order.hpp"

#include <cstddef>
#include <utility>

namespace eddy::detail {

std::vector<address> attempt_order(std::vector<address> resolved) {
    if (resolved.empty()) {
        return resolved;
    }
    const auto first_kind = resolved.front().kind();
    std::vector<address> first;
    std::vector<address> second;
    for (auto& each : resolved) {
        (each.kind() == first_kind ? first : second).push_back(std::move(each));
    }
    std::vector<address> ordered;
    ordered.reserve(resolved.size());
    for (std::size_t place = 0; ordered.size() != resolved.size(); ++place) {
        if (place < first.size()) {
            ordered.push_back(std::move(first[place]));
        }
        if (place < second.size()) {
            ordered.push_back(std::move(second[place]));
        }
    }
    return ordered;
}

} // namespace eddy::detail
