// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/length_prefixed.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <stdexcept>
#include <string>

namespace eddy::wire {
namespace {

using namespace std::string_literals;
using test::coded;
using test::found_in;

static_assert(codec<length_prefixed> && encodes<length_prefixed, std::string>);

TEST_CASE("length_prefixed: each width and order, reads and writes it", "[wire][length_prefixed]") {
    struct row {
        prefix length;
        byte_order order;
        counts counted;
        std::string bytes;
    };
    using enum prefix;
    using enum byte_order;
    using enum counts;

    const auto& [length, order, counted, bytes] = GENERATE(
        row{u8, big, body, "\3abc"s},
        row{u8, big, whole, "\4abc"s},
        row{u16, big, body, "\0\3abc"s},
        row{u16, little, body, "\3\0abc"s},
        row{u16, little, whole, "\5\0abc"s},
        row{u24, big, body, "\0\0\3abc"s},
        row{u24, little, body, "\3\0\0abc"s},
        row{u32, big, body, "\0\0\0\3abc"s},
        row{u32, little, body, "\3\0\0\0abc"s},
        row{u32, big, whole, "\0\0\0\7abc"s},
        row{u64, big, body, "\0\0\0\0\0\0\0\3abc"s},
        row{u64, little, body, "\3\0\0\0\0\0\0\0abc"s},
        row{u64, big, whole, "\0\0\0\0\0\0\0\13abc"s},
        row{varint, big, body, "\3abc"s}
    );
    const length_prefixed codec({.length = length, .order = order, .counted = counted});

    CHECK(coded(codec, "abc") == bytes);
    CHECK(found_in(codec, bytes) == "\"abc\" of " + std::to_string(bytes.size()));
    CHECK(
        found_in(codec, bytes.substr(0, bytes.size() - 1)) ==
        "needs " + std::to_string(bytes.size())
    );
    CHECK(found_in(codec, coded(codec, "")) == "\"\" of " + std::to_string(bytes.size() - 3));
}

TEST_CASE(
    "length_prefixed: around the maximum, is refused at the length", "[wire][length_prefixed]"
) {
    const length_prefixed codec({.length = prefix::u16, .max = 3});

    CHECK(found_in(codec, "\0"s) == "needs 2");
    CHECK(found_in(codec, "\0\2"s) == "needs 4");
    CHECK(found_in(codec, "\0\3"s) == "needs 5");
    CHECK(found_in(codec, "\0\4"s) == "length 4 at offset 0 is above the maximum of 3");
    CHECK(found_in(codec, "\xFF\xFF"s) == "length 65535 at offset 0 is above the maximum of 3");
    CHECK(coded(codec, "four") == "length 4 at offset 0 is above the maximum of 3");
}

TEST_CASE(
    "length_prefixed: the largest lengths, are refused without overflow", "[wire][length_prefixed]"
) {
    struct row {
        prefix length;
        counts counted;
        std::string bytes;
        std::string said;
    };
    const std::string ones(8, '\xFF');

    const auto& [length, counted, bytes, said] = GENERATE_COPY(
        row{prefix::u32, counts::body, ones.substr(4), "4294967295"},
        row{prefix::u64, counts::body, ones, "18446744073709551615"},
        row{prefix::u64, counts::whole, ones, "18446744073709551615"},
        row{prefix::u64, counts::body, "\x80\0\0\0\0\0\0\0"s, "9223372036854775808"},
        row{prefix::varint, counts::body, ones + "\xFF\x01", "18446744073709551615"}
    );

    const length_prefixed usual({.length = length, .counted = counted, .max = 1000});
    const length_prefixed boundless({.length = length, .counted = counted, .max = SIZE_MAX});

    const auto refused = found_in(usual, bytes);
    CHECK(refused.starts_with("length " + said + " at offset 0 is above the maximum of 10"));
    if (length != prefix::u32 && bytes[0] == '\xFF') {
        CHECK(found_in(boundless, bytes).starts_with("length " + said + " at offset 0"));
    } else {
        CHECK(found_in(boundless, bytes).starts_with("needs "));
    }
}

TEST_CASE("length_prefixed: counts itself and says less, is malformed", "[wire][length_prefixed]") {
    const length_prefixed codec({.length = prefix::u16, .counted = counts::whole});
    const auto* const rule =
        "malformed at offset 0: a length that counts its own bytes is at least these";

    CHECK(found_in(codec, "\0\0"s) == rule);
    CHECK(found_in(codec, "\0\1"s) == rule);
    CHECK(found_in(codec, "\0\2"s) == R"("" of 2)");
}

TEST_CASE("length_prefixed: more than the length can say, is not sent", "[wire][length_prefixed]") {
    const length_prefixed body({.length = prefix::u8});
    const length_prefixed whole({.length = prefix::u8, .counted = counts::whole});

    CHECK(coded(body, std::string(255, 'x')) == "\xFF" + std::string(255, 'x'));
    CHECK(
        coded(body, std::string(256, 'x')) == "length 256 at offset 0 is above the maximum of 255"
    );
    CHECK(coded(whole, std::string(254, 'x')) == "\xFF" + std::string(254, 'x'));
    CHECK(
        coded(whole, std::string(255, 'x')) == "length 255 at offset 0 is above the maximum of 254"
    );
}

TEST_CASE(
    "length_prefixed: a minimum, refuses empty messages both ways", "[wire][length_prefixed]"
) {
    const length_prefixed codec({.length = prefix::u8, .min = 1});
    const auto* const rule = "malformed at offset 0: a message has at least the minimum of bytes";

    CHECK(found_in(codec, "\0"s) == rule);
    CHECK(found_in(codec, "\1a"s) == R"("a" of 2)");
    CHECK(coded(codec, "") == rule);
}

TEST_CASE("length_prefixed: a varint, has one form only", "[wire][length_prefixed]") {
    const length_prefixed codec({.length = prefix::varint, .max = SIZE_MAX});
    const auto* const shortest = ": a varint has as few bytes as possible";
    const auto* const widest = "malformed at offset 9: a varint has at most 64 bits";

    CHECK(found_in(codec, "\0"s) == R"("" of 1)");
    CHECK(found_in(codec, "\x7F"s) == "needs 128");
    CHECK(found_in(codec, "\x80"s) == "needs 2");
    CHECK(found_in(codec, "\x80\x01"s) == "needs 130");
    CHECK(found_in(codec, "\xAC\x02"s) == "needs 302");
    CHECK(found_in(codec, "\x80\0"s) == "malformed at offset 1"s + shortest);
    CHECK(found_in(codec, "\x83\0abc"s) == "malformed at offset 1"s + shortest);
    CHECK(found_in(codec, "\x83\x80\0abc"s) == "malformed at offset 2"s + shortest);
    CHECK(found_in(codec, std::string(9, '\x80')) == "needs 10");
    CHECK(found_in(codec, std::string(10, '\x80')) == widest);
    CHECK(found_in(codec, std::string(9, '\xFF') + '\2') == widest);
    CHECK(coded(codec, std::string(128, 'x')) == "\x80\x01" + std::string(128, 'x'));
}

TEST_CASE(
    "length_prefixed: begins with a header, the length counts it", "[wire][length_prefixed]"
) {
    const length_prefixed codec({.length = prefix::u8, .max = 5});

    const auto made = codec.encode(small_bytes("id"), "abc");
    const auto refused = codec.encode(small_bytes("ids"), "abc");

    REQUIRE(made);
    CHECK(made->head.text() == "\5id");
    CHECK(byte_view(made->body).text() == "abc");
    CHECK(refused.why().to_string() == "length 6 at offset 0 is above the maximum of 5");
    CHECK_THROWS_AS(
        length_prefixed({.length = prefix::varint}).encode(small_bytes(std::string(24, 'x')), ""),
        std::length_error
    );
}

TEST_CASE("length_prefixed: options that make no sense, are refused", "[wire][length_prefixed]") {
    CHECK_THROWS_AS(
        length_prefixed({.length = prefix::varint, .counted = counts::whole}), std::invalid_argument
    );
    CHECK_THROWS_AS(length_prefixed({.min = 4, .max = 3}), std::invalid_argument);
    CHECK_THROWS_AS(length_prefixed({.length = prefix::u8, .min = 256}), std::invalid_argument);
    CHECK_NOTHROW(length_prefixed({.min = 3, .max = 3}));
}

} // namespace
} // namespace eddy::wire
