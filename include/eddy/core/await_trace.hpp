// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/promise.hpp>

#include <source_location>
#include <vector>

namespace eddy::detail {

/// Where each coroutine of a task stands: the `co_await` that it came to last, from the root to the
/// one that waits. A coroutine that has awaited nothing yet has line 0. On the task's loop.
[[nodiscard]] EDDY_EXPORT std::vector<std::source_location> await_trace(const task_context& task);

/// The last of these: where the task waits. Needs no memory.
[[nodiscard]] EDDY_EXPORT std::source_location waits_at(const task_context& task) noexcept;

} // namespace eddy::detail
