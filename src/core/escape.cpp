// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/escape.hpp>

#include "core/escape_text.hpp"
#include "core/utf8.hpp"

#include <cstddef>

namespace eddy {
namespace detail {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_bytes(std::string& out, std::string_view bytes, escape_style style) {
    for (const char byte : bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        out += style == escape_style::json ? "\\\\x" : "\\x";
        out += hex_digits[value >> 4];
        out += hex_digits[value & 15];
    }
}

/// All of them are below U+10000: no surrogate pairs.
void append_code_point(std::string& out, std::uint32_t code_point) {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
        out += hex_digits[code_point >> shift & 15];
    }
}

/// The letter after the backslash, or zero when there is no short form.
char short_form(std::uint32_t code_point, escape_style style) noexcept {
    switch (code_point) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\\':
        return style == escape_style::prose ? '\0' : '\\';
    case '"':
        return style == escape_style::quoted || style == escape_style::json ? '"' : '\0';
    default:
        return '\0';
    }
}

} // namespace

void append_escaped(std::string& out, std::string_view bytes, escape_style style) {
    while (!bytes.empty()) {
        const auto [code_point, length] = first_character(bytes);
        const std::string_view character = bytes.substr(0, length == 0 ? 1 : length);
        bytes.remove_prefix(character.size());
        const bool is_valid = length != 0;
        if (const char letter = is_valid ? short_form(code_point, style) : '\0') {
            out += '\\';
            out += letter;
        } else if (is_valid && is_printable(code_point)) {
            out += character;
        } else if (is_valid && style == escape_style::json) {
            append_code_point(out, code_point);
        } else {
            append_bytes(out, character, style);
        }
    }
}

} // namespace detail

std::string escaped(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    detail::append_escaped(text, bytes, detail::escape_style::exact);
    return text;
}

} // namespace eddy
