// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eddyd {

/// What was asked for. The values of settings are as they were typed.
struct command_line {
    enum class action { serve, check, print_config, print_version, print_help };

    action wanted = action::serve;
    bool is_verbose = false;
    std::optional<std::string> config_file;
    std::vector<std::string> listen;
    std::optional<std::string> workers;
    std::optional<std::string> log_level;
    std::optional<std::string> log_format;
    std::string help; ///< The text for `action::print_help`.
};

/// Throws `config_error`.
[[nodiscard]] command_line parse_command_line(int argc, const char* const* argv);

} // namespace eddyd
