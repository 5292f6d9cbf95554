// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/line.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <string>

namespace eddy::wire {
namespace {

using namespace std::string_literals;
using test::coded;
using test::found_in;

static_assert(codec<line> && encodes<line, std::string> && encodes<line, const char*>);

TEST_CASE("line: either end, belongs to no message", "[wire][line]") {
    CHECK(found_in(line(), "one\ntwo\n") == R"("one" of 4)");
    CHECK(found_in(line(), "one\r\ntwo") == R"("one" of 5)");
    CHECK(found_in(line(), "\n") == R"("" of 1)");
    CHECK(found_in(line(), "\r\n") == R"("" of 2)");
    CHECK(found_in(line(), "a\rb\r\r\n") == "\"a\rb\r\" of 6");
    CHECK(found_in(line(), "a\0b\n"s) == "\"a\0b\" of 4"s);
    CHECK(found_in(line(), "one") == "needs 4");
}

TEST_CASE("line: at the maximum, is taken and one more is refused", "[wire][line]") {
    const line three({.max = 3});
    const auto* const too_long = "the message at offset 0 is longer than the maximum of 3";

    CHECK(found_in(three, "ab\n") == R"("ab" of 3)");
    CHECK(found_in(three, "abc\n") == R"("abc" of 4)");
    CHECK(found_in(three, "abc\r\n") == R"("abc" of 5)");
    CHECK(found_in(three, "abc") == "needs 4");
    CHECK(found_in(three, "abc\r") == "needs 5");
    CHECK(found_in(three, "abcd") == too_long);
    CHECK(found_in(three, "abcd\n") == too_long);
    CHECK(found_in(three, "abc\r\r") == too_long);
    CHECK(found_in(line({.max = 0}), "\n") == R"("" of 1)");
    CHECK(found_in(line({.max = SIZE_MAX}), "x") == "needs 2");
}

TEST_CASE("line: sent, ends as was asked for", "[wire][line]") {
    CHECK(coded(line(), "one") == "one\n");
    CHECK(coded(line({.end = line_end::crlf}), "one") == "one\r\n");
    CHECK(coded(line({.end = line_end::crlf}), "one\r") == "one\r\r\n");
}

TEST_CASE("line: what the peer would see otherwise, is not sent", "[wire][line]") {
    CHECK(
        coded(line(), "QUIT\nDEL *") == "malformed at offset 4: a line does not contain a newline"
    );
    CHECK(
        coded(line(), "one\r") == "malformed at offset 3: a line does not end with a carriage "
                                  "return: that is part of its end"
    );
    CHECK(coded(line({.max = 3}), "four") == "length 4 at offset 0 is above the maximum of 3");
}

TEST_CASE("line: comes byte by byte, each byte is looked at once", "[wire][line]") {
    // A quadratic search of this line would take minutes.
    const std::string long_line(1024 * 1024, 'x');
    line codec({.max = long_line.size()});

    for (std::size_t size = 1; size <= long_line.size(); ++size) {
        if (codec.decode(test::bytes_of(std::string_view(long_line).substr(0, size)))) {
            FAIL("found a line where there is none");
        }
    }
}

} // namespace
} // namespace eddy::wire
