// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <vector>

namespace eddy::services::detail {

/// The parts of a setting that lists several, with spaces or commas between.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

} // namespace eddy::services::detail
