// SPDX-License-Identifier: BSL-1.0
#include "terminal.hpp"

#include <eddy/core/escape.hpp>

#include "failure.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>
#include <unistd.h>

namespace client {

bool is_terminal(standard_stream which) noexcept {
    return ::isatty(static_cast<int>(which)) == 1;
}

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
        throw failure(
            exit_status::failed, "standard output: " + std::generic_category().message(errno)
        );
    }
}

void print_received(std::string_view bytes) {
    if (!is_terminal(standard_stream::output)) {
        print(bytes);
        return;
    }
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        print(eddy::escaped(bytes.substr(0, end)));
        if (end != bytes.size()) {
            print("\n");
        }
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
}

std::string ask_for_line(std::string_view prompt) {
    std::cerr << prompt << std::flush; // standard output is for the answer
    std::string line;
    if (!std::getline(std::cin, line)) {
        throw failure(exit_status::bad_usage, "no message was entered");
    }
    return line;
}

std::string read_input() {
    std::string input;
    std::array<char, 16 * 1024> block;
    while (const auto count = std::fread(block.data(), 1, block.size(), stdin)) {
        input.append(block.data(), count);
    }
    return input;
}

} // namespace client
