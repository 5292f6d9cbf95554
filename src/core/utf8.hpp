// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eddy::detail {

/// The first character of some UTF-8 text.
struct utf8_character {
    std::uint32_t code_point;
    std::size_t length; ///< In bytes; zero when the text does not begin with a valid character.
};

/// Decodes as RFC 3629 has it: shortest form only, no surrogates, nothing above U+10FFFF.
[[nodiscard]] utf8_character first_character(std::string_view text) noexcept;

/// False for controls (also those of U+0080 to U+009F) and for what breaks or reorders lines on a
/// screen.
[[nodiscard]] bool is_printable(std::uint32_t code_point) noexcept;

} // namespace eddy::detail
