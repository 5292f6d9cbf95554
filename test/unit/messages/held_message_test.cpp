// SPDX-License-Identifier: BSL-1.0
#include <eddy/messages/held_message.hpp>
#include <eddy/wire/line.hpp>

#include "support/catch.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace eddy {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

TEST_CASE(
    "held_message: the bytes are gone, the message stays, also when moved",
    "[messages][held_message]"
) {
    held_message<wire::line> held;
    CHECK_FALSE(held.has_message());
    {
        const std::string raw = "hello\r\n";
        held.hold(bytes_of(raw), wire::line());
    }

    const auto moved = std::move(held);

    CHECK(moved.has_message());
    CHECK(*moved == "hello");
    CHECK(moved->size() == 5);
}

TEST_CASE("held_message: held again, is the new message", "[messages][held_message]") {
    held_message<wire::line> held;
    held.hold(bytes_of("one\n"), wire::line());
    held.hold(bytes_of("three\n"), wire::line());

    CHECK(*held == "three");
}

TEST_CASE("held_message: bytes that are no message, are a mistake", "[messages][held_message]") {
    held_message<wire::line> held;

    CHECK_THROWS_AS(held.hold(bytes_of("half"), wire::line()), std::logic_error);
    CHECK_FALSE(held.has_message());
}

} // namespace
} // namespace eddy
