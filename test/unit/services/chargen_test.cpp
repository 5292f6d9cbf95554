// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/chargen.hpp>

#include "conversation.hpp"
#include "services/chargen_text.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>
#include <vector>

using eddy::services::detail::chargen_text;

TEST_CASE("chargen: first lines, are those of RFC 864", "[services][chargen]") {
    const auto text = chargen_text();

    CHECK(
        text.substr(0, 74) ==
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n"
    );
    CHECK(
        text.substr(74, 74) ==
        "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n"
    );
}

TEST_CASE(
    "chargen: whole pattern, has each printable character as often as any other",
    "[services][chargen]"
) {
    const auto text = chargen_text();
    std::multiset<char> seen;
    for (const char each : text) {
        if (each != '\r' && each != '\n') {
            seen.insert(each);
        }
    }

    CHECK(text.size() == 95 * 74);
    for (char each = ' '; each <= '~'; ++each) {
        CHECK(seen.count(each) == 72);
    }
    CHECK(text.substr(94 * 74, 2) == "~ "); // so that the first line follows the last one
}

TEST_CASE("chargen: session, flows until the peer closes", "[services][chargen]") {
    eddy::test::converse(eddy::services::chargen(), [](eddy::session& client) -> eddy::task<> {
        for (int i = 0; i != 20; ++i) {
            const auto pattern = co_await client.read_exactly(chargen_text().size());
            REQUIRE(pattern);
            CHECK(eddy::byte_view(*pattern).text() == chargen_text());
        }
        client.abort();
    });
}

TEST_CASE("chargen: peer that has ended its side, still gets characters", "[services][chargen]") {
    eddy::test::converse(eddy::services::chargen(), [](eddy::session& client) -> eddy::task<> {
        client.shutdown_send();
        const auto pattern = co_await client.read_exactly(200'000);
        CHECK(pattern);
        client.abort();
    });
}

TEST_CASE("chargen: what the peer sends, does not stop the flow", "[services][chargen]") {
    eddy::test::converse(eddy::services::chargen(), [](eddy::session& client) -> eddy::task<> {
        const std::string noise(300'000, 'x');
        co_await client.write(noise); // ends only when somebody reads it
        const auto pattern = co_await client.read_exactly(100);
        CHECK(pattern);
        client.abort();
    });
}

TEST_CASE("chargen: datagram, is answered by at most 512 characters", "[services][chargen]") {
    std::vector<std::string> many;
    for (int i = 0; i != 50; ++i) {
        many.push_back(std::to_string(i)); // the same again and again would be a loop
    }
    const auto sent = eddy::test::answers(
        eddy::services::chargen({.udp = true}), many, eddy::test::client_address()
    );

    REQUIRE(sent.size() == 50);
    std::set<std::size_t> sizes;
    for (const auto& each : sent) {
        CHECK(each.data.size() <= 512);
        CHECK(each.data == chargen_text().substr(0, each.data.size()));
        sizes.insert(each.data.size());
    }
    CHECK(sizes.size() > 10);
}
