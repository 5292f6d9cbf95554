// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/netstring.hpp>

#include "support/catch.hpp"
#include "unit/wire/decoding.hpp"

#include <string>

namespace eddy::wire {
namespace {

using namespace std::string_literals;
using test::coded;
using test::found_in;

static_assert(codec<netstring> && encodes<netstring, std::string>);

TEST_CASE("netstring: whole or not, is told", "[wire][netstring]") {
    CHECK(found_in(netstring(), "5:hello,") == R"("hello" of 8)");
    CHECK(found_in(netstring(), "0:,") == R"("" of 3)");
    CHECK(found_in(netstring(), "12") == "needs 3");
    CHECK(found_in(netstring(), "5:") == "needs 8");
    CHECK(found_in(netstring(), "5:hello") == "needs 8");
    CHECK(found_in(netstring(), "3:\0,:,"s) == "\"\0,:\" of 6"s);
    CHECK(coded(netstring(), "hello") == "5:hello,");
    CHECK(coded(netstring(), "") == "0:,");
}

TEST_CASE("netstring: another form, is malformed", "[wire][netstring]") {
    struct row {
        const char* bytes;
        const char* said;
    };

    const auto& [bytes, said] = GENERATE(
        row{"05:hello,", "malformed at offset 0: a length has no leading zero"},
        row{"00:,", "malformed at offset 0: a length has no leading zero"},
        row{"hello", "malformed at offset 0: a length is decimal digits and a colon"},
        row{":,", "malformed at offset 0: a length is decimal digits and a colon"},
        row{"-1:,", "malformed at offset 0: a length is decimal digits and a colon"},
        row{"5 :hello,", "malformed at offset 1: a length is decimal digits and a colon"},
        row{"5:hello;", "malformed at offset 7: a netstring ends with a comma"}
    );

    CHECK(found_in(netstring(), bytes) == said);
}

TEST_CASE("netstring: around the maximum, is refused at the length", "[wire][netstring]") {
    const auto* const too_long = "the message at offset 0 is longer than the maximum of 12";

    CHECK(found_in(netstring(12), "11:") == "needs 15");
    CHECK(found_in(netstring(12), "12:") == "needs 16");
    CHECK(found_in(netstring(12), "13") == too_long);
    CHECK(found_in(netstring(12), "20") == too_long);
    CHECK(found_in(netstring(12), "99999999999999999999999999") == too_long);
    CHECK(found_in(netstring(0), "1").starts_with("the message at offset 0 is longer"));
    CHECK(found_in(netstring(0), "0:,") == R"("" of 3)");
    CHECK(found_in(netstring(SIZE_MAX), "18446744073709551615:").starts_with("the message"));
    CHECK(found_in(netstring(SIZE_MAX), "18446744073709551616").starts_with("the message"));
    CHECK(coded(netstring(3), "four") == "length 4 at offset 0 is above the maximum of 3");
}

} // namespace
} // namespace eddy::wire
