// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/await_trace.hpp>

#include <vector>

namespace eddy::detail {

std::vector<std::source_location> await_trace(const task_context& task) {
    std::vector<std::source_location> trace;
    for (const auto* coroutine = task.root; coroutine; coroutine = coroutine->child) {
        trace.push_back(coroutine->where);
    }
    return trace;
}

} // namespace eddy::detail
