// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace eddy::services::detail {

/// The four bytes that the time service sends for `at`.
[[nodiscard]] std::array<std::byte, 4> time_stamp(std::chrono::system_clock::time_point at
) noexcept;

} // namespace eddy::services::detail
