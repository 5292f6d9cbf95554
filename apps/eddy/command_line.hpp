// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "exit_status.hpp"

#include <functional>
#include <string>
#include <variant>

namespace client {

/// What the command line asks for: a command to run, or a text to show and a status to end with.
struct answer {
    std::string text;
    exit_status status = exit_status::success;
};

using command = std::function<void()>;

/// A command that is called throws `failure` when it does not succeed.
struct command_line {
    std::string name; ///< Of the command, for messages.
    std::variant<answer, command> wanted;
};

[[nodiscard]] command_line parse_command_line(int argc, const char* const* argv);

} // namespace client
