// SPDX-License-Identifier: BSL-1.0
#include "core/utf8.hpp"

#include <cassert>

namespace eddy::detail {
namespace {

struct lead_byte {
    std::size_t length;
    std::uint32_t bits;
    std::uint32_t lowest; // what needs fewer bytes is not in its shortest form
};

lead_byte classify(std::uint8_t byte) noexcept {
    if (byte < 0x80) {
        return {1, byte, 0};
    }
    if (byte >= 0xC0 && byte < 0xE0) {
        return {2, byte & 0x1FU, 0x80};
    }
    if (byte >= 0xE0 && byte < 0xF0) {
        return {3, byte & 0x0FU, 0x800};
    }
    if (byte >= 0xF0 && byte < 0xF8) {
        return {4, byte & 0x07U, 0x10000};
    }
    return {0, 0, 0};
}

constexpr bool is_in(std::uint32_t value, std::uint32_t first, std::uint32_t last) noexcept {
    return value >= first && value <= last;
}

} // namespace

utf8_character first_character(std::string_view text) noexcept {
    assert(!text.empty());
    const auto [length, bits, lowest] = classify(static_cast<std::uint8_t>(text.front()));
    if (length == 0 || length > text.size()) {
        return {0, 0};
    }
    std::uint32_t code_point = bits;
    for (const char next : text.substr(1, length - 1)) {
        const auto byte = static_cast<std::uint8_t>(next);
        if (!is_in(byte, 0x80, 0xBF)) {
            return {0, 0};
        }
        code_point = code_point << 6 | (byte & 0x3FU);
    }
    if (code_point < lowest || code_point > 0x10FFFF || is_in(code_point, 0xD800, 0xDFFF)) {
        return {0, 0};
    }
    return {code_point, length};
}

bool is_printable(std::uint32_t code_point) noexcept {
    return !(
        code_point < 0x20 || is_in(code_point, 0x7F, 0x9F) ||       // C0, delete, C1
        code_point == 0x61C || is_in(code_point, 0x200E, 0x200F) || // direction marks
        is_in(code_point, 0x2028, 0x202E) ||
        is_in(code_point, 0x2066, 0x2069) || // separators, direction
        code_point == 0xFEFF                 // byte order mark
    );
}

} // namespace eddy::detail
