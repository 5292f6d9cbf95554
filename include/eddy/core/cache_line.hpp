// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <utility>

namespace eddy::detail {

/// Bytes that processors hand to each other as one; who writes any of them makes the others wait.
/// The standard's own constant depends on compiler flags, and would be a part of the ABI.
inline constexpr std::size_t cache_line = 64;

/// A value that has its cache lines for itself: what another thread writes beside it on the heap
/// does not slow its thread down.
template <class Value>
struct alignas(cache_line) on_own_lines {
    template <class... Arguments>
    explicit on_own_lines(Arguments&&... arguments)
        : value(std::forward<Arguments>(arguments)...) {}

    Value value;
};

} // namespace eddy::detail
