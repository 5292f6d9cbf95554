// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace eddy::sim::detail {

/// Bytes that the process has allocated; 0 where the C library does not tell.
[[nodiscard]] std::size_t heap_in_use() noexcept;

} // namespace eddy::sim::detail
