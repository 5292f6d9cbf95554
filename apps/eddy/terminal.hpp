// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace client {

enum class standard_stream { input, output, error };

[[nodiscard]] bool is_terminal(standard_stream which) noexcept;

/// Writes what a peer sent to standard output: as it is to a file or pipe, and to a terminal
/// escaped line by line, because its controls are commands. Throws `failure` when that fails.
void print_received(std::string_view bytes);

/// Writes text of our own. Throws `failure` when that fails.
void print(std::string_view text);

/// One line from the terminal, without its newline. Throws `failure` at the end of input.
[[nodiscard]] std::string ask_for_line(std::string_view prompt);

/// Standard input to its end.
[[nodiscard]] std::string read_input();

} // namespace client
