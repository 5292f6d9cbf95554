// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/log.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace eddy::log {

/// One line of the log, without its newline.
[[nodiscard]] std::string make_line(
    format look,
    std::chrono::system_clock::time_point at,
    level severity,
    std::string_view message,
    fields values
);

} // namespace eddy::log
