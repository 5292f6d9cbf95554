// SPDX-License-Identifier: BSL-1.0
#include "parity/transcript.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace parity {
namespace {

constexpr std::size_t shown_whole = 40; // bytes that fit into a line of output

/// FNV-1a: enough to tell a lost, doubled or misplaced byte.
std::uint32_t checksum(std::string_view text) noexcept {
    std::uint32_t sum = 2'166'136'261U;
    for (const char each : text) {
        sum = (sum ^ static_cast<unsigned char>(each)) * 16'777'619U;
    }
    return sum;
}

std::string_view take_line(std::string_view& text) noexcept {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

} // namespace

std::string joined(const transcript& server, const transcript& client) {
    std::string text;
    for (const auto& line : server) {
        text += "server: " + line + "\n";
    }
    for (const auto& line : client) {
        text += "client: " + line + "\n";
    }
    return text;
}

std::string quoted(std::string_view text) {
    return text.size() <= shown_whole
               ? fmt::format("\"{}\"", text)
               : fmt::format("{} bytes, sum {:08x}", text.size(), checksum(text));
}

std::string first_difference(std::string_view expected, std::string_view found) {
    for (int number = 1; !expected.empty() || !found.empty(); ++number) {
        const auto one = take_line(expected);
        const auto other = take_line(found);
        if (one != other) {
            return fmt::format("line {}: expected \"{}\", found \"{}\"", number, one, other);
        }
    }
    return {};
}

} // namespace parity
