// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/address_range.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <string>

namespace eddy {
namespace {

struct row {
    std::string range;
    std::string at;
    bool expected;
};

TEST_CASE("address_range: an address, is in it or not", "[net][address_range]") {
    const auto [range, at, expected] = GENERATE(values<row>({
        {"10.0.0.0/8", "10.255.255.255:1", true},
        {"10.0.0.0/8", "11.0.0.0:1", false},
        {"10.1.2.3/8", "10.9.9.9:1", true},
        {"192.0.2.0/23", "192.0.3.255:1", true},
        {"192.0.2.0/23", "192.0.4.0:1", false},
        {"192.0.2.128/25", "192.0.2.127:1", false},
        {"192.0.2.1", "192.0.2.1:9", true},
        {"192.0.2.1", "192.0.2.2:9", false},
        {"192.0.2.1/32", "[::ffff:192.0.2.1]:9", true},
        {"0.0.0.0/0", "203.0.113.9:1", true},
        {"0.0.0.0/0", "[2001:db8::1]:1", false},
        {"::/0", "[2001:db8::1]:1", true},
        {"::/0", "192.0.2.1:1", false},
        {"::/0", "[::ffff:192.0.2.1]:1", false},
        {"2001:db8::/33", "[2001:db8:7fff::1]:1", true},
        {"2001:db8::/33", "[2001:db8:8000::1]:1", false},
        {"::1", "[::1]:1", true},
        {"::1", "[::2]:1", false},
    }));

    CAPTURE(range, at);
    CHECK(address_range::parse(range)->contains(*address::parse(at)) == expected);
}

TEST_CASE("address_range: what has no IP address, is in none", "[net][address_range]") {
    const auto all = *address_range::parse("0.0.0.0/0");

    CHECK_FALSE(all.contains(address::local("/run/x")));
    CHECK_FALSE(all.contains(address()));
}

TEST_CASE("address_range: text, is read and written in one spelling", "[net][address_range]") {
    CHECK(address_range::parse("10.1.2.3/8")->to_string() == "10.0.0.0/8");
    CHECK(address_range::parse("192.0.2.1")->to_string() == "192.0.2.1/32");
    CHECK(address_range::parse("2001:DB8:0::1/32")->to_string() == "2001:db8::/32");
    CHECK(*address_range::parse("10.1.2.3/8") == *address_range::parse("10.0.0.0/8"));
}

TEST_CASE("address_range: something else, is refused", "[net][address_range]") {
    const auto* const text = GENERATE(
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "10.0.0.0/0x8",
        "::/129",
        "[::1]/128",
        "fe80::1%eth0",
        "example.org",
        "10.0.0.0 /8"
    );

    CAPTURE(text);
    CHECK(address_range::parse(text).error() == std::errc::invalid_argument);
}

TEST_CASE("address_range: loopback and site, have what their names say", "[net][address_range]") {
    const auto is_in = [](const std::vector<address_range>& list, const char* text) {
        return std::any_of(list.begin(), list.end(), [&](auto& each) {
            return each.contains(*address::parse(text));
        });
    };

    CHECK(is_in(address_range::loopback(), "127.0.0.2:1"));
    CHECK(is_in(address_range::loopback(), "[::1]:1"));
    for (const auto* text :
         {"10.0.0.1:1",
          "172.31.255.255:1",
          "192.168.9.9:1",
          "169.254.1.1:1",
          "[fd00::1]:1",
          "[fe80::1]:1"}) {
        CAPTURE(text);
        CHECK(is_in(address_range::site(), text));
    }
    for (const auto* text :
         {"127.0.0.1:1", "172.32.0.0:1", "192.0.2.1:1", "[2001:db8::1]:1", "[::1]:1"}) {
        CAPTURE(text);
        CHECK_FALSE(is_in(address_range::site(), text));
    }
}

} // namespace
} // namespace eddy
