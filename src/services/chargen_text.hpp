// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace eddy::services::detail {

/// The whole pattern of RFC 864: 95 lines, after which the first one comes again.
[[nodiscard]] std::string_view chargen_text();

} // namespace eddy::services::detail
