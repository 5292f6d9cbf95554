// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>

namespace eddy::platform {

/// The clock that counts the processor time of this thread; -1 when there is none.
[[nodiscard]] int own_thread_clock() noexcept;

/// The processor time that the thread of that clock has had. Nothing when it is gone. Any thread.
[[nodiscard]] std::optional<std::chrono::nanoseconds> thread_time(int clock) noexcept;

} // namespace eddy::platform
