// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config.hpp"

#include <string>

namespace eddyd {

/// The configuration as a TOML file with every key, its meaning and its default: what
/// `--print-config` shows. `parse_config` reads the same configuration from it.
[[nodiscard]] std::string config_text(const config& shown, const eddy::services::registry& known);

/// What may stand for the value of a key and what holds without it: "bytes, from 1 to 65535;
/// default 255".
[[nodiscard]] std::string value_text(const eddy::services::option& described, bool is_required);

} // namespace eddyd
