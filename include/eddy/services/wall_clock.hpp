// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <functional>

namespace eddy::services {

/// Tells the time of day. Called on any loop, also on several at once.
using wall_clock = std::function<std::chrono::system_clock::time_point()>;

} // namespace eddy::services
