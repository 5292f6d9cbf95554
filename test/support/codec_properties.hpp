// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/chunked.hpp>
#include <eddy/wire/codec.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

/// What holds for every codec, whatever the bytes. Used by the unit tests and by the fuzz target.
namespace eddy::test {

inline std::string text_of(byte_view message) {
    return std::string(message.text());
}

inline std::string text_of(const wire::chunked_body& message) {
    std::string text(message.size(), '\0');
    message.copy_to(std::as_writable_bytes(std::span(text)));
    return text;
}

inline std::string text_of(const wire::frame& frame) {
    std::string text(frame.head.text());
    text += byte_view(frame.body).text();
    text += frame.tail.text();
    return text;
}

/// What a codec made of a stream.
struct decoded_stream {
    std::vector<std::string> messages;
    std::vector<std::string> raw; ///< The same with their frames.
    std::string refused;          ///< What was refused, as text; nothing when nothing was.
    std::string broken;           ///< A rule that the codec has broken.

    friend bool operator==(const decoded_stream&, const decoded_stream&) = default;
};

/// Gives `stream` to `codec` in pieces, each as large as `next_piece(rest)` says, the way a session
/// does: what is not taken yet stays, and the codec is asked again when it can say more.
template <class Codec, class NextPiece>
decoded_stream decode_in_pieces(Codec codec, std::string_view stream, NextPiece next_piece) {
    decoded_stream result;
    std::size_t begin = 0;
    std::size_t needed = 0;
    for (std::size_t end = 0; end != stream.size();) {
        end += std::clamp<std::size_t>(next_piece(stream.size() - end), 1, stream.size() - end);
        while (begin != end && end - begin >= needed) {
            // Memory of the exact size lets the sanitizers see a read past the end.
            std::vector<std::byte> arrived(end - begin);
            std::memcpy(arrived.data(), stream.data() + begin, arrived.size());
            const auto found = codec.decode(std::span<const std::byte>(arrived));
            if (found.why()) {
                result.refused = found.why().from(begin).to_string();
                return result;
            }
            needed = found ? 0 : found.size();
            if (!found) {
                if (found.size() <= arrived.size()) {
                    result.broken = "needs no more than it was given";
                    return result;
                }
                break;
            }
            if (found.size() == 0 || found.size() > arrived.size()) {
                result.broken = "takes nothing, or more than there is";
                return result;
            }
            result.messages.push_back(text_of(*found));
            result.raw.emplace_back(stream.substr(begin, found.size()));
            begin += found.size();
        }
    }
    return result;
}

/// A message that was decoded can be encoded, and decoded again. Gives the rule that is broken.
template <class Codec>
std::string check_round_trip(const Codec& codec, const std::string& message) {
    const auto encoded = codec.encode(byte_view(message));
    if (!encoded) {
        return "does not encode what it decoded: " + encoded.why().to_string();
    }
    const auto coded = text_of(*encoded);
    const auto again = decode_in_pieces(codec, coded, [](std::size_t rest) { return rest; });
    if (again.messages != std::vector{message} || again.raw != std::vector{coded}) {
        return "does not decode what it encoded";
    }
    return {};
}

} // namespace eddy::test
