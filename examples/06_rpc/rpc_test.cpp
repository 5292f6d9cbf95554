// SPDX-License-Identifier: BSL-1.0
#include "rpc.hpp"

#include <eddy/messages.hpp>
#include <eddy/sim/catch.hpp>
#include <eddy/sim/conform.hpp>

#include <string>

using namespace std::string_literals;

/// [table]
TEST_CASE("rpc: bytes, are a message, a part of one or none") {
    const auto found_in = [](const std::string& bytes) {
        const auto found = rpc_codec().decode(eddy::byte_view(bytes).bytes());
        return found         ? std::to_string(found->number) + ':' + std::string(found->text)
               : found.why() ? found.why().to_string()
                             : "needs " + std::to_string(found.size());
    };

    CHECK(found_in("\0\0\0\6\0\0\0\7hi"s) == "7:hi");
    CHECK(found_in("\0\0\0\4\xFF\xFF\xFF\xFF"s) == "4294967295:");
    CHECK(found_in("\0\0"s) == "needs 4");
    CHECK(found_in("\0\0\0\6\0"s) == "needs 10");
    CHECK(found_in("\0\0\3\xED"s) == "length 1005 at offset 0 is above the maximum of 1004");
    CHECK(
        found_in("\xFF\xFF\xFF\xFF"s) ==
        "length 4294967295 at offset 0 is above the maximum of 1004"
    );
    CHECK(found_in("\0\0\0\3"s).starts_with("malformed at offset 0"));
}
/// [table]

/// [function]
TEST_CASE("rpc: a question, has its answer") {
    CHECK(answer({7, "add 2 3"}).number == 7);
    CHECK(answer({7, "add 2 3"}).text == "5");
    CHECK(answer({7, "add -2 2147483647"}).text == "2147483645");
    CHECK(answer({7, "add 2"}).text == "? add 2");
    CHECK(answer({7, "add 2 3000000000"}).text == "? add 2 3000000000");
}
/// [function]

/// [conform]
TEST_CASE("rpc: the service, conforms") {
    eddy::sim::conversation talk;
    talk.send("\0\0\0\13\0\0\0\1add 2 3"s)
        .expect("\0\0\0\5\0\0\0\1"
                "5"s);
    talk.send("\0\0\0\6\0\0\0\2hi"s).expect("\0\0\0\10\0\0\0\2? hi"s);
    talk.refuse("\xFF\xFF\xFF\xFF"s).refuse("\0\0\0\0"s);

    CHECK_NOTHROW(eddy::sim::conform(eddy::serve_messages(rpc_codec(), answer), talk));
}
/// [conform]
