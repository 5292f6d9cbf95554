// SPDX-License-Identifier: BSL-1.0
#include <eddy/server/server_report.hpp>

#include <algorithm>
#include <numeric>

namespace eddy {

std::uint64_t server_report::live() const noexcept {
    return std::accumulate(
        listeners.begin(),
        listeners.end(),
        std::uint64_t(0),
        [](std::uint64_t sum, const listener_report& each) { return sum + each.live; }
    );
}

bool server_report::is_clean() const noexcept {
    return std::all_of(listeners.begin(), listeners.end(), [](const listener_report& each) {
        return each.forced == 0;
    });
}

} // namespace eddy
