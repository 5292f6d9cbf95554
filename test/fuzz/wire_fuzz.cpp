// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire.hpp>

#include "support/codec_properties.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace wire = eddy::wire;

constexpr std::size_t longest = 4096; // bytes

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

template <class Codec>
void judge(const Codec& codec, std::uint8_t pieces, std::string_view stream) {
    using namespace eddy::test;
    const auto at_once = decode_in_pieces(codec, stream, [](std::size_t rest) { return rest; });
    std::size_t turn = pieces;
    const auto in_pieces = decode_in_pieces(codec, stream, [&](std::size_t) {
        return (turn += pieces) % (std::size_t{pieces} + 1);
    });
    require(at_once.broken.empty() && in_pieces == at_once);
    for (const auto& message : at_once.messages) {
        // With bare newlines for ends there is no line that ends with a carriage return.
        const bool is_one_way = std::is_same_v<Codec, wire::line> && message.ends_with('\r');
        require(is_one_way || check_round_trip(codec, message).empty());
    }
}

wire::length_prefixed length_prefixed(std::uint8_t choice) {
    constexpr wire::prefix lengths[] = {
        wire::prefix::u8, wire::prefix::u16, wire::prefix::u24, wire::prefix::u32, wire::prefix::u64
    };
    return wire::length_prefixed(
        {.length = lengths[choice % std::size(lengths)],
         .order = (choice & 0x40) != 0 ? wire::byte_order::little : wire::byte_order::big,
         .counted = (choice & 0x80) != 0 ? wire::counts::whole : wire::counts::body,
         .max = longest}
    );
}

} // namespace

/// The first byte chooses a codec, the second its options, the third how the rest is cut. In any
/// pieces the same messages and the same refusal are found, within the bytes that there are, and
/// what was decoded can be encoded and decoded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) {
        return 0;
    }
    const std::string stream(data + 3, data + size);
    const std::uint8_t choice = data[1];
    const std::uint8_t pieces = data[2];
    switch (data[0] % 7) {
    case 0:
        judge(wire::line({.max = longest}), pieces, stream);
        break;
    case 1:
        judge(wire::delimited("aba", choice), pieces, stream);
        break;
    case 2:
        judge(wire::fixed_size(std::size_t{choice} + 1), pieces, stream);
        break;
    case 3:
        judge(length_prefixed(choice), pieces, stream);
        break;
    case 4:
        judge(
            wire::length_prefixed({.length = wire::prefix::varint, .min = choice, .max = longest}),
            pieces,
            stream
        );
        break;
    case 5:
        judge(wire::netstring(longest), pieces, stream);
        break;
    default:
        judge(
            wire::chunked({.max = longest, .extensions_max = choice, .trailers_max = choice}),
            pieces,
            stream
        );
        break;
    }
    return 0;
}
