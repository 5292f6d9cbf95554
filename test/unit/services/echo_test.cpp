// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/echo.hpp>

#include "conversation.hpp"
#include "support/catch.hpp"

using namespace eddy;
using test::answers;
using test::converse;

TEST_CASE("echo: bytes of a session, come back until the peer ends its side", "[services][echo]") {
    converse(services::echo(), [](session& client) -> task<> {
        co_await client.write("one\n");
        const auto first = co_await client.read_exactly(4);
        REQUIRE(first);
        CHECK(byte_view(*first).text() == "one\n");

        co_await client.write(std::string(50'000, 'x'));
        client.shutdown_send();
        const auto rest = co_await client.read_all();
        REQUIRE(rest);
        CHECK(rest->size() == 50'000);
    });
}

TEST_CASE("echo: peer that says nothing, gets nothing", "[services][echo]") {
    converse(services::echo(), [](session& client) -> task<> {
        client.shutdown_send();
        const auto all = co_await test::read_to_end(client);
        CHECK(all.empty());
    });
}

TEST_CASE("echo: datagrams, come back from the address asked, empty ones too", "[services][echo]") {
    const auto sent =
        answers(services::echo(), {"a", "", std::string(65'507, 'x')}, test::client_address());

    REQUIRE(sent.size() == 3);
    CHECK(sent[0].data == "a");
    CHECK(sent[1].data.empty());
    CHECK(sent[2].data.size() == 65'507);
    CHECK(sent[0].peer == test::client_address());
    CHECK(sent[0].local == *address::parse("127.0.0.9:7007"));
}

TEST_CASE("echo: datagram from a port that must not be answered, is dropped", "[services][echo]") {
    const auto port = GENERATE(0, 7, 1023, 1900, 7007); // the socket's own is 7007
    const auto from = test::client_address().with_port(static_cast<std::uint16_t>(port));

    CHECK(answers(services::echo(), {"a"}, from).empty());
}
