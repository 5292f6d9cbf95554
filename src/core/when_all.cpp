// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/when_all.hpp>

#include <algorithm>
#include <vector>

namespace eddy {

task<> when_all(std::vector<task<>> work) {
    std::vector<std::optional<std::monostate>> kept(work.size());
    scope children;
    const stop_token stop = co_await this_task::stop_token();
    if (stop.stop_requested()) {
        children.request_stop();
    }
    for (std::size_t i = 0; i < work.size(); ++i) {
        children.spawn(detail::keep_result(std::move(work[i]), kept[i], children));
    }
    co_await children.join();
    if (!std::all_of(kept.begin(), kept.end(), [](const auto& value) {
            return value.has_value();
        })) {
        throw cancelled();
    }
}

} // namespace eddy
