// SPDX-License-Identifier: BSL-1.0
#include "toml_text.hpp"

#include <algorithm>

namespace eddyd {
namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_ascii(char letter) noexcept {
    return static_cast<unsigned char>(letter) < 0x80;
}

/// Behind the string of one line that begins at `at`, or at the end of its line.
std::size_t skip_short_string(std::string_view text, std::size_t at) noexcept {
    const char quote = text[at];
    for (++at; at < text.size() && text[at] != '\n'; ++at) {
        if (text[at] == quote) {
            return at + 1;
        }
        if (quote == '"' && text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n') {
            ++at;
        }
    }
    return at;
}

/// Behind the string of several lines that begins at `at`, or where a letter goes astray in it.
std::size_t skip_long_string(std::string_view text, std::size_t at) noexcept {
    const std::string_view quotes = text.substr(at, 3);
    at += quotes.size();
    while (at < text.size() && text.substr(at, 3) != quotes) {
        const bool escapes = quotes[0] == '"' && text[at] == '\\' && at + 1 < text.size();
        if (!escapes) {
            ++at;
        } else if (white_space.find(text[at + 1]) == std::string_view::npos) {
            at += 2;
        } else {
            at = std::min(text.find_first_not_of(white_space, at + 1), text.size());
            if (at < text.size() && !is_ascii(text[at])) {
                return at;
            }
        }
    }
    return std::min(at + quotes.size(), text.size());
}

} // namespace

std::size_t find_stray_letter(std::string_view text) noexcept {
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; // a byte order mark
    while (at < text.size()) {
        const char letter = text[at];
        if (!is_ascii(letter)) {
            return at;
        }
        if (letter == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else if (letter == '"' || letter == '\'') {
            const std::string_view next = text.substr(at, 3);
            const bool is_long = next == R"(""")" || next == "'''";
            at = is_long ? skip_long_string(text, at) : skip_short_string(text, at);
        } else {
            ++at;
        }
    }
    return std::string_view::npos;
}

} // namespace eddyd
