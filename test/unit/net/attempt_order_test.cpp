// SPDX-License-Identifier: BSL-1.0
#include "net/attempt_order.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using eddy::address;

std::vector<address> addresses(const std::string& families) {
    std::vector<address> made;
    std::uint16_t port = 1;
    for (const char each : families) {
        const std::string host = each == '6' ? "[::1]:" : "127.0.0.1:";
        made.push_back(*address::parse(host + std::to_string(port++)));
    }
    return made;
}

std::string ports_of(const std::vector<address>& ordered) {
    std::string ports;
    for (const auto& each : ordered) {
        ports += std::to_string(each.port());
    }
    return ports;
}

TEST_CASE("attempt_order: addresses of two families, take turns", "[net][attempt_order]") {
    struct row {
        const char* families; // each address has its place as its port
        const char* expected;
    };
    const auto& [families, expected] = GENERATE(
        row{"", ""},
        row{"4", "1"},
        row{"66", "12"},
        row{"64", "12"},
        row{"46", "12"},
        row{"6644", "1324"},
        row{"4466", "1324"},
        row{"66664", "15234"},
        row{"6464", "1234"},
        row{"64446", "12534"}
    );
    CAPTURE(families);

    CHECK(ports_of(eddy::detail::attempt_order(addresses(families))) == expected);
}

} // namespace
