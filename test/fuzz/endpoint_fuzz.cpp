// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/net/endpoint.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::optional<eddy::endpoint> parse(std::string_view text) {
    try {
        return eddy::endpoint(text);
    } catch (const eddy::error& refused) {
        const std::string_view message = refused.what();
        require(message.starts_with("endpoint \"") && message.find("; ") != std::string_view::npos);
        require(std::none_of(message.begin(), message.end(), [](char c) {
            return (c >= 0 && c < ' ') || c == '\x7F';
        }));
        return std::nullopt;
    }
}

} // namespace

/// What is accepted has one canonical text, which is accepted again; what is refused has a message
/// on one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    if (const auto read = parse(text)) {
        const auto again = parse(read->to_string());
        require(again == read);
        require(again->to_string() == read->to_string());
        (void)read->numeric();
    }
    return 0;
}
