// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/discard.hpp>

#include "conversation.hpp"
#include "support/catch.hpp"

using namespace eddy;

TEST_CASE("discard: bytes of a session, are read and not answered", "[services][discard]") {
    test::converse(services::discard(), [](session& client) -> task<> {
        co_await client.write(std::string(200'000, 'x'));
        client.shutdown_send();
        const auto all = co_await test::read_to_end(client);
        CHECK(all.empty());
    });
}

TEST_CASE("discard: datagrams, are not answered", "[services][discard]") {
    CHECK(test::answers(services::discard(), {"a", ""}, test::client_address()).empty());
}
