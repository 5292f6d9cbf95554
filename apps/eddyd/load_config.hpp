// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "command_line.hpp"
#include "config.hpp"

namespace eddyd {

/// The configuration in effect: defaults, overruled by the file, overruled by the command line,
/// whose listeners come after the file's. Throws `config_error`.
[[nodiscard]] config load_config(const command_line& given, const eddy::services::registry& known);

} // namespace eddyd
