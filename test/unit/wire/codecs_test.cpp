// SPDX-License-Identifier: BSL-1.0
// What holds for every codec: random messages, in any pieces, come out as they went in; random
// bytes are judged alike in any pieces.
#include <eddy/wire.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <random>
#include <string>
#include <vector>

namespace eddy::wire {
namespace {

using random = std::mt19937_64;

constexpr std::size_t longest = 300; // bytes: lengths of one and of two bytes
constexpr unsigned rounds = 200;

std::size_t up_to(random& dice, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(dice);
}

std::string random_text(random& dice, std::string_view letters) {
    std::string text(up_to(dice, up_to(dice, 1) == 0 ? 4 : longest), '\0');
    for (char& c : text) {
        c = letters[up_to(dice, letters.size() - 1)];
    }
    return text;
}

/// Calls `check(codec, letters)` for every codec; the letters make messages and frames likely.
template <class Check>
void for_every_codec(Check check) {
    check(line({.max = longest}), std::string_view("ab\n"));
    check(line({.max = longest, .end = line_end::crlf}), std::string_view("ab\r\n"));
    check(delimited("\r\n", longest), std::string_view("ab\r\n"));
    check(delimited("aba", longest), std::string_view("ab"));
    check(fixed_size(3), std::string_view("abc"));
    for (const auto length : {prefix::u8, prefix::u16, prefix::u24, prefix::u32, prefix::u64}) {
        for (const auto order : {byte_order::big, byte_order::little}) {
            for (const auto counted : {counts::body, counts::whole}) {
                check(
                    length_prefixed(
                        {.length = length, .order = order, .counted = counted, .max = longest}
                    ),
                    std::string_view("\0\0\1\2\3\4", 6)
                );
            }
        }
    }
    check(
        length_prefixed({.length = prefix::varint, .max = longest}),
        std::string_view("\0\1\2\3\x80\x81", 6)
    );
    check(netstring(longest), std::string_view("012:,"));
    check(
        chunked({.max = longest, .extensions_max = 8, .trailers_max = 16}),
        std::string_view("0012;a:\r\n\r\n")
    );
}

struct sent_stream {
    std::vector<std::string> messages;
    std::string bytes;
};

/// Random messages, without those that the codec cannot send.
template <class Codec>
sent_stream random_stream(random& dice, const Codec& codec, std::string_view letters) {
    sent_stream sent;
    for (unsigned i = 0; i != 8; ++i) {
        const auto message = random_text(dice, letters);
        if (const auto made = codec.encode(byte_view(message))) {
            sent.bytes += test::text_of(*made);
            sent.messages.push_back(message);
        }
    }
    return sent;
}

TEST_CASE("codecs: messages in any pieces, come out as they went in", "[wire][codecs]") {
    random dice(1);
    for_every_codec([&](const auto& codec, std::string_view letters) {
        std::size_t count = 0;
        for (unsigned round = 0; round != rounds; ++round) {
            const auto sent = random_stream(dice, codec, letters);
            const auto most = up_to(dice, sent.bytes.size());

            const auto found = test::decode_in_pieces(codec, sent.bytes, [&](std::size_t) {
                return up_to(dice, most);
            });

            CHECK(found.broken.empty());
            CHECK(found.refused.empty());
            CHECK(found.messages == sent.messages);
            count += sent.messages.size();
        }
        CHECK(count != 0);
    });
}

TEST_CASE("codecs: any bytes in any pieces, are judged alike", "[wire][codecs]") {
    random dice(2);
    for_every_codec([&](const auto& codec, std::string_view letters) {
        std::size_t count = 0;
        for (unsigned round = 0; round != rounds; ++round) {
            auto stream = random_stream(dice, codec, letters).bytes;
            for (auto left = stream.empty() ? 0 : up_to(dice, 3); left != 0; --left) {
                stream[up_to(dice, stream.size() - 1)] = letters[up_to(dice, letters.size() - 1)];
            }
            const auto most = up_to(dice, 3);

            const auto at_once =
                test::decode_in_pieces(codec, stream, [](std::size_t rest) { return rest; });
            const auto in_pieces = test::decode_in_pieces(codec, stream, [&](std::size_t) {
                return up_to(dice, most);
            });

            CHECK(at_once.broken.empty());
            CHECK(in_pieces.messages == at_once.messages);
            CHECK(in_pieces.refused == at_once.refused);
            CHECK(in_pieces.broken == at_once.broken);
            for (const auto& message : at_once.messages) {
                CHECK(test::check_round_trip(codec, message).empty());
            }
            count += at_once.messages.size();
        }
        CHECK(count != 0);
    });
}

TEST_CASE("codecs: fewer bytes than before, are looked at anew", "[wire][codecs]") {
    random dice(3);
    for_every_codec([&](const auto& codec, std::string_view letters) {
        std::size_t count = 0;
        for (unsigned round = 0; round != rounds; ++round) {
            auto used = codec;
            const auto before = test::coded(codec, random_text(dice, letters));
            const auto most = up_to(dice, before.size() - 1);
            static_cast<void>(used.decode(test::bytes_of(before).first(most + 1)));

            const auto fewer = test::coded(codec, random_text(dice, letters)).substr(0, most);
            if (!fewer.empty()) {
                CHECK(test::found_in(used, fewer) == test::found_in(codec, fewer));
                ++count;
            }
        }
        CHECK(count != 0);
    });
}

} // namespace
} // namespace eddy::wire
