// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/chunked.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <string>
#include <vector>

namespace eddy::wire {
namespace {

using test::bytes_of;
using test::coded;
using test::found_in;

static_assert(codec<chunked> && encodes<chunked, std::string>);

TEST_CASE("chunked: several chunks, are one body", "[wire][chunked]") {
    const std::string_view coded_body =
        "5\r\nhello\r\n1\r\n \r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\nrest";
    chunked codec;

    const auto body = codec.decode(bytes_of(coded_body));

    REQUIRE(body);
    CHECK(body.size() == coded_body.size() - 4);
    CHECK(body->size() == 16);
    std::vector<std::string> chunks;
    for (const auto chunk : *body) {
        chunks.emplace_back(byte_view(chunk).text());
    }
    CHECK(chunks == std::vector<std::string>{"hello", " ", "0123456789"});
    CHECK(test::text_of(*body) == "hello 0123456789");
    CHECK(body->trailers().empty());
}

TEST_CASE("chunked: fields behind the last chunk, are given as they are", "[wire][chunked]") {
    const std::string_view coded_body = "0\r\nDigest: x\r\nE:\r\n\r\n";
    chunked codec;

    const auto body = codec.decode(bytes_of(coded_body));

    REQUIRE(body);
    CHECK(body.size() == coded_body.size());
    CHECK(body->size() == 0);
    CHECK(body->begin() == body->end());
    CHECK(body->trailers() == "Digest: x\r\nE:\r\n");
}

TEST_CASE("chunked: not whole, tells what is needed", "[wire][chunked]") {
    CHECK(found_in(chunked(), "5") == "needs 2");
    CHECK(found_in(chunked(), "5\r") == "needs 3");
    CHECK(found_in(chunked(), "5\r\n") == "needs 9");
    CHECK(found_in(chunked(), "5\r\nhello") == "needs 9");
    CHECK(found_in(chunked(), "5\r\nhello\r") == "needs 10");
    CHECK(found_in(chunked(), "5\r\nhello\r\n") == "needs 11");
    CHECK(found_in(chunked(), "0\r\n") == "needs 4");
    CHECK(found_in(chunked(), "0\r\n\r") == "needs 5");
    CHECK(found_in(chunked(), "0\r\nA: b\r\n") == "needs 10");
}

TEST_CASE("chunked: another form, is malformed", "[wire][chunked]") {
    struct row {
        std::string bytes;
        const char* said;
    };

    const auto& [bytes, said] = GENERATE(
        row{"x", "malformed at offset 0: a chunk begins with its size in hexadecimal digits"},
        row{"\r\n", "malformed at offset 0: a chunk begins with its size in hexadecimal digits"},
        row{"-1\r\n", "malformed at offset 0: a chunk begins with its size in hexadecimal digits"},
        row{"0x5\r\n",
            "malformed at offset 1: a semicolon or CRLF stands behind the size of a chunk"},
        row{"5 5\r\n",
            "malformed at offset 1: a semicolon or CRLF stands behind the size of a chunk"},
        row{"5 \r\n", "malformed at offset 2: the line of a chunk's size ends with CRLF"},
        row{"5\n", "malformed at offset 1: the line of a chunk's size ends with CRLF"},
        row{"5\rX", "malformed at offset 1: the line of a chunk's size ends with CRLF"},
        row{"5;a\n", "malformed at offset 3: the line of a chunk's size ends with CRLF"},
        row{"10000000000000000", "malformed at offset 16: the size of a chunk has at most 64 bits"},
        row{"1\r\nab", "malformed at offset 4: a chunk ends with CRLF"},
        row{"1\r\na\n", "malformed at offset 4: a chunk ends with CRLF"},
        row{"1\r\na\r\nx",
            "malformed at offset 6: a chunk begins with its size in hexadecimal digits"},
        row{"0\r\nA: b\n", "malformed at offset 7: a field behind the last chunk ends with CRLF"},
        row{"0\r\n folded\r\n",
            "malformed at offset 3: behind the last chunk come fields, each a name and a colon"},
        row{"0\r\nA b: c\r\n",
            "malformed at offset 4: behind the last chunk come fields, each a name and a colon"}
    );

    CHECK(found_in(chunked(), bytes) == said);
}

TEST_CASE("chunked: around the maximum, is refused at the size", "[wire][chunked]") {
    const chunked codec({.max = 10});

    CHECK(found_in(codec, "9\r\n") == "needs 13");
    CHECK(found_in(codec, "a\r\n") == "needs 14");
    CHECK(found_in(codec, "b\r\n") == "length 11 at offset 0 is above the maximum of 10");
    CHECK(found_in(codec, "6\r\nsixsix\r\n4\r\nfour\r\n0\r\n\r\n") == R"("sixsixfour" of 25)");
    CHECK(
        found_in(codec, "6\r\nsixsix\r\n5\r\n") ==
        "length 11 at offset 11 is above the maximum of 10"
    );
    CHECK(
        found_in(codec, "1\r\n1\r\nffffffffffffffff\r\n") ==
        "length 18446744073709551615 at offset 6 is above the maximum of 10"
    );
    CHECK(found_in(chunked({.max = SIZE_MAX}), "ffffffffffffffff\r\n")
              .starts_with("length 18446744073709551615 at offset 0"));
    CHECK(coded(codec, "eleven more") == "length 11 at offset 0 is above the maximum of 10");
}

TEST_CASE("chunked: extensions, zeros and trailers without end, are refused", "[wire][chunked]") {
    const chunked codec({.extensions_max = 4, .trailers_max = 8});

    CHECK(found_in(codec, "0;abc") == "needs 6");
    CHECK(found_in(codec, "0;abcd") == "the message at offset 0 is longer than the maximum of 4");
    CHECK(found_in(codec, "00001") == "needs 6");
    CHECK(found_in(codec, "000001") == "the message at offset 0 is longer than the maximum of 4");
    // All chunks together.
    CHECK(found_in(codec, "1;ab\r\nx\r\n1") == "needs 11");
    CHECK(
        found_in(codec, "1;ab\r\nx\r\n1;a") ==
        "the message at offset 9 is longer than the maximum of 1"
    );
    CHECK(found_in(codec, "0\r\nA: 45678") == "needs 12");
    CHECK(
        found_in(codec, "0\r\nA: 456789") ==
        "the message at offset 3 is longer than the maximum of 8"
    );
    CHECK(
        found_in(codec, "0\r\nA: b\r\nB:1") ==
        "the message at offset 3 is longer than the maximum of 8"
    );
}

TEST_CASE("chunked: sent, is one chunk or none", "[wire][chunked]") {
    CHECK(coded(chunked(), "") == "0\r\n\r\n");
    CHECK(coded(chunked(), "hello") == "5\r\nhello\r\n0\r\n\r\n");
    CHECK(coded(chunked(), std::string(0x1a2, 'x')).starts_with("1a2\r\nx"));
}

} // namespace
} // namespace eddy::wire
