// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

namespace eddyd {

/// Where in a TOML text the first byte is that is not ASCII and stands outside of strings and
/// comments, or begins a line that a string continues; `npos` when there is none.
///
/// TOML has no use for such a byte (a key with other letters is put in quotes), and toml++ 3.3 has
/// undefined behaviour when it looks whether it is white space.
[[nodiscard]] std::size_t find_stray_letter(std::string_view text) noexcept;

} // namespace eddyd
