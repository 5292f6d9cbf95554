// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string_view>

namespace eddy::detail {

/// The candidate that `word` is probably a misspelling of, without regard to case: for "did you
/// mean". Empty when none is near.
[[nodiscard]] std::string_view
nearest(std::string_view word, std::span<const std::string_view> candidates);

} // namespace eddy::detail
