// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <string>
#include <string_view>

namespace eddy {

/// Gives bytes from anywhere as one line of text that is safe to show on a terminal and to write to
/// a log.
///
/// Printable text stays, UTF-8 too. A backslash becomes `\\`, the usual controls `\n`, `\r` and
/// `\t`, and every other byte
/// `\xNN`: controls, what is not UTF-8, and characters that reorder or break lines.
[[nodiscard]] EDDY_EXPORT std::string escaped(std::string_view bytes);

} // namespace eddy
