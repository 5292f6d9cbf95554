// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/delimited.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <stdexcept>
#include <string>

namespace eddy::wire {
namespace {

using test::coded;
using test::found_in;

static_assert(codec<delimited> && encodes<delimited, std::string>);

TEST_CASE("delimited: up to the first delimiter, without it", "[wire][delimited]") {
    const delimited codec("--");

    CHECK(found_in(codec, "one--two--") == R"("one" of 5)");
    CHECK(found_in(codec, "--") == R"("" of 2)");
    CHECK(found_in(codec, "one-") == "needs 5");
    CHECK(found_in(codec, "one") == "needs 4");
    CHECK(found_in(codec, "a-b--") == R"("a-b" of 5)");
}

TEST_CASE("delimited: at the maximum, is taken and one more is refused", "[wire][delimited]") {
    const delimited codec("--", 3);
    const auto* const too_long = "the message at offset 0 is longer than the maximum of 3";

    CHECK(found_in(codec, "ab--") == R"("ab" of 4)");
    CHECK(found_in(codec, "abc--") == R"("abc" of 5)");
    CHECK(found_in(codec, "abc-") == "needs 5");
    CHECK(found_in(codec, "abcd") == "needs 5"); // "abc" and what is not the delimiter, or is it
    CHECK(found_in(codec, "abcde") == too_long);
    CHECK(found_in(codec, "abcd--") == too_long);
    CHECK(found_in(delimited("\n", SIZE_MAX), "x") == "needs 2");
}

TEST_CASE("delimited: a delimiter inside, is not sent", "[wire][delimited]") {
    const auto* const rule = "malformed at offset 1: a message does not contain its delimiter";

    CHECK(coded(delimited("--"), "one") == "one--");
    CHECK(coded(delimited("--"), "a--b") == rule);
    CHECK(coded(delimited("--"), "a-") == rule); // "a---" begins with "a--"
    CHECK(coded(delimited("aba"), "xab") == rule);
    CHECK(coded(delimited("\r\n"), "a\r") == "a\r\r\n");
    CHECK(coded(delimited("aab"), "xa") == "xaaab");
    CHECK(coded(delimited("--", 3), "four") == "length 4 at offset 0 is above the maximum of 3");
}

TEST_CASE("delimited: a delimiter of no or too many bytes, is refused", "[wire][delimited]") {
    CHECK_THROWS_AS(delimited(""), std::invalid_argument);
    CHECK_NOTHROW(delimited(std::string(16, '-')));
    CHECK_THROWS_AS(delimited(std::string(17, '-')), std::invalid_argument);
}

} // namespace
} // namespace eddy::wire
