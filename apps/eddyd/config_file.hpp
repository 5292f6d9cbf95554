// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config.hpp"

#include <string>
#include <string_view>

namespace eddyd {

/// Reads a configuration from TOML.
///
/// @param file  Its name in messages.
/// @par Errors
/// Throws `config_error`, `file:line:column: key: cause; remedy`, for the first fault in the text.
[[nodiscard]] config
parse_config(std::string_view text, const std::string& file, const eddy::services::registry& known);

/// The same from a file. One of more than 1 MiB is refused: it is no configuration.
[[nodiscard]] config read_config(const std::string& file, const eddy::services::registry& known);

} // namespace eddyd
