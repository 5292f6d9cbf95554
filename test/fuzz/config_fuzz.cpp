// SPDX-License-Identifier: BSL-1.0
#include "config_error.hpp"
#include "config_file.hpp"
#include "config_text.hpp"
#include "toml_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using eddy::services::registry;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::optional<eddyd::config> parse(std::string_view text, const registry& known) {
    try {
        return eddyd::parse_config(text, "fuzz.toml", known);
    } catch (const eddyd::config_error& refused) {
        const std::string_view message = refused.what();
        require(message.starts_with("fuzz.toml:"));
        require(std::none_of(message.begin(), message.end(), [](char c) {
            return (c >= 0 && c < ' ') || c == '\x7F';
        }));
        return std::nullopt;
    }
}

} // namespace

/// What is accepted is printed by --print-config as a file that says the same; what is refused has
/// a message on one line that begins with its place. Nothing else is thrown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const registry known = registry::standard();
    std::string text(data, data + size);
    require(eddyd::find_stray_letter(text) == std::string_view::npos || !parse(text, known));
    // Where toml++ 3.3 quotes a faulty line it asks of each letter whether it is white space, and
    // asking that of some that are not ASCII is undefined behaviour (its is_non_ascii_horizontal_
    // whitespace runs into __builtin_unreachable). That is its bug; here it would hide ours.
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?'
    );
    if (const auto read = parse(text, known)) {
        const std::string printed = eddyd::config_text(*read, known);
        const auto again = parse(printed, known);
        require(again.has_value());
        require(eddyd::config_text(*again, known) == printed);
    }
    return 0;
}
