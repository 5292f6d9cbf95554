// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/deadline.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/address.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eddy::detail {

/// Looks a name up, which is no literal address.
task<result<std::vector<address>>>
resolve_until(std::string host, std::uint16_t port, deadline limit);

} // namespace eddy::detail
