// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/codec_properties.hpp"

#include <string>
#include <string_view>

namespace eddy::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// What a codec finds at the beginning of `bytes`, in a word: `"message" of 7`, `needs 4`, or the
/// text of its refusal.
template <class Codec>
std::string found_in(Codec codec, std::string_view bytes) {
    const auto found = codec.decode(bytes_of(bytes));
    if (found) {
        return '"' + text_of(*found) + "\" of " + std::to_string(found.size());
    }
    return found.why() ? found.why().to_string() : "needs " + std::to_string(found.size());
}

/// The bytes of a message, or the text of the refusal.
template <class Codec>
std::string coded(const Codec& codec, std::string_view message) {
    const auto made = codec.encode(byte_view(message));
    return made ? text_of(*made) : made.why().to_string();
}

} // namespace eddy::test
