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

std::source_location waits_at(const task_context& task) noexcept {
    std::source_location last;
    for (const auto* coroutine = task.root; coroutine; coroutine = coroutine->child) {
        last = coroutine->where;
    }
    return last;
}

} // namespace eddy::detail
