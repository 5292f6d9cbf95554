// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eddy::detail {

enum class escape_style : std::uint8_t {
    prose,  ///< For people: what cannot be shown is escaped, a backslash stays.
    exact,  ///< Can be undone: a backslash is escaped too.
    quoted, ///< Can be undone inside double quotes.
    json,   ///< The inside of a JSON string. A byte that is not UTF-8 reads `\xNN` once the JSON is
            ///< decoded.
};

void append_escaped(std::string& out, std::string_view bytes, escape_style style);

} // namespace eddy::detail
