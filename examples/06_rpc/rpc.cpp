// SPDX-License-Identifier: BSL-1.0
#include "rpc.hpp"

#include <charconv>

namespace wire = eddy::wire;

/// [decode]
wire::decoded<rpc_message> rpc_codec::decode(std::span<const std::byte> arrived) const noexcept {
    const auto found = frame_.decode(arrived);
    if (!found) {
        return found.no_message();
    }
    std::uint32_t number = 0;
    for (const std::byte next : found->bytes().first(number_size)) {
        number = number << 8 | std::to_integer<std::uint32_t>(next);
    }
    return {rpc_message{number, found->text().substr(number_size)}, found.size()};
}
/// [decode]

/// [encode]
wire::encoded rpc_codec::encode(const rpc_message& sent) const {
    wire::small_bytes number;
    for (const int shift : {24, 16, 8, 0}) {
        number.push_back(static_cast<std::byte>(sent.number >> shift));
    }
    return frame_.encode(number, sent.text);
}
/// [encode]

/// [answer]
rpc_answer answer(const rpc_message& question) {
    const auto text = question.text;
    const char* const end = text.data() + text.size();
    if (text.starts_with("add ")) {
        std::int32_t a = 0;
        std::int32_t b = 0;
        const auto first = std::from_chars(text.data() + 4, end, a);
        if (first.ec == std::errc() && first.ptr != end && *first.ptr == ' ') {
            const auto second = std::from_chars(first.ptr + 1, end, b);
            if (second.ec == std::errc() && second.ptr == end) {
                return {question.number, std::to_string(std::int64_t{a} + b)};
            }
        }
    }
    return {question.number, "? " + std::string(text)};
}
/// [answer]
