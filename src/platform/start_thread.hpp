// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace eddy::platform {

/// Starts a thread with signals blocked, but for those of its own faults, so that the process's
/// signals go to other threads. The system shows the first 15 characters of the name. Throws
/// `std::system_error` when there is no thread to be had.
[[nodiscard]] std::thread start_thread(std::string name, std::function<void()> body);

} // namespace eddy::platform
