// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/refusal.hpp>

#include "support/catch.hpp"

#include <cstdint>

namespace eddy::wire {
namespace {

TEST_CASE("refusal: none, is false", "[wire][refusal]") {
    const refusal none;

    CHECK_FALSE(none);
    CHECK(none.to_string() == "nothing is refused");
}

TEST_CASE("refusal: each kind, names rule and offset", "[wire][refusal]") {
    struct row {
        refusal why;
        errc code;
        const char* text;
    };

    const auto& [why, code, text] = GENERATE(
        row{refusal::too_long(12, 4'294'967'295, 65'536),
            errc::too_long,
            "length 4294967295 at offset 12 is above the maximum of 65536"},
        row{refusal::too_long(0, UINT64_MAX, 0),
            errc::too_long,
            "length 18446744073709551615 at offset 0 is above the maximum of 0"},
        row{refusal::too_long(3, 80).from(4),
            errc::too_long,
            "the message at offset 7 is longer than the maximum of 80"},
        row{refusal::malformed(2, "a chunk ends with CRLF").from(10),
            errc::malformed,
            "malformed at offset 12: a chunk ends with CRLF"}
    );

    CHECK(why);
    CHECK(why.code() == code);
    CHECK(why.to_string() == text);
}

} // namespace
} // namespace eddy::wire
