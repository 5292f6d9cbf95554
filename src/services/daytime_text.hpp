// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/services/daytime.hpp>

#include <string>

namespace eddy::services::detail {

/// The line that daytime sends for `at`, with its end.
[[nodiscard]] std::string
daytime_text(std::chrono::system_clock::time_point at, daytime_format format, daytime_zone zone);

} // namespace eddy::services::detail
