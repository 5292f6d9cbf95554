// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/address.hpp>

#include "platform/interface_name.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace {

using eddy::address;
using family = eddy::address::family;
using namespace std::string_view_literals;

address parsed(std::string_view text) {
    return address::parse(text).value();
}

TEST_CASE("address: IPv4 text, is read and written", "[net][address]") {
    const address read = parsed("192.0.2.1:80");

    CHECK(read.kind() == family::ipv4);
    CHECK(read.is_ip());
    CHECK(read.v4() == address::ipv4_bytes{192, 0, 2, 1});
    CHECK(read.port() == 80);
    CHECK(read.to_string() == "192.0.2.1:80");
    CHECK(read.host_string() == "192.0.2.1");
    CHECK(read == address(address::ipv4_bytes{192, 0, 2, 1}, 80));
}

TEST_CASE("address: IPv6 text, is read and written as RFC 5952 has it", "[net][address]") {
    struct row {
        std::string_view text;
        std::string_view expected;
    };

    const auto& [text, expected] = GENERATE(
        row{"[2001:db8::1]:80", "[2001:db8::1]:80"},
        row{"[2001:0DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"},
        row{"[2001:db8:0:1:1:1:1:1]:0", "[2001:db8:0:1:1:1:1:1]:0"},
        row{"[2001:db8:0:0:1:0:0:1]:1", "[2001:db8::1:0:0:1]:1"},
        row{"[2001:0:0:1:0:0:0:1]:1", "[2001:0:0:1::1]:1"},
        row{"[::]:65535", "[::]:65535"},
        row{"[::1]:080", "[::1]:80"},
        row{"[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.1]:1"},
        row{"[::FFFF:c000:201]:1", "[::ffff:192.0.2.1]:1"},
        row{"[64:ff9b::192.0.2.33]:1", "[64:ff9b::c000:221]:1"}
    );

    CHECK(parsed(text).kind() == family::ipv6);
    CHECK(parsed(text).to_string() == expected);
    CHECK(parsed(expected) == parsed(text));
}

TEST_CASE("address: zone, is a name or a number", "[net][address]") {
    const std::string loopback = eddy::platform::interface_name(1);
    REQUIRE_FALSE(loopback.empty());

    const address by_name = parsed("[fe80::1%" + loopback + "]:80");
    const address by_number = parsed("[fe80::1%1]:80");
    const address nowhere = parsed("[fe80::1%4000000000]:80");

    CHECK(by_name == by_number);
    CHECK(by_name.zone() == 1);
    CHECK(by_name.to_string() == "[fe80::1%" + loopback + "]:80");
    CHECK(by_name.host_string() == "fe80::1%" + loopback);
    CHECK(nowhere.to_string() == "[fe80::1%4000000000]:80");
    CHECK(parsed("[fe80::1%0]:80") == parsed("[fe80::1]:80"));
    CHECK(
        address::parse("[fe80::1%no-such-device]:80").error() ==
        std::make_error_code(std::errc::no_such_device)
    );
}

TEST_CASE("address: malformed text, is refused", "[net][address]") {
    const std::string_view text = GENERATE(
        ""sv,
        ":"sv,
        ":80"sv,
        "192.0.2.1"sv,
        "192.0.2.1:"sv,
        "192.0.2.1:x"sv,
        "192.0.2.1:-1"sv,
        "192.0.2.1:+1"sv,
        "192.0.2.1: 1"sv,
        "192.0.2.1:1 "sv,
        "192.0.2.1:65536"sv,
        "192.0.2.1:99999999999999999999"sv,
        "192.0.2:80"sv,
        "192.0.2.256:80"sv,
        "192.0.2.01:80"sv,
        "0x7f.0.0.1:80"sv,
        "192.0.2.1.:80"sv,
        " 192.0.2.1:80"sv,
        "192.0.2.1\0:80"sv,
        "[192.0.2.1]:80"sv,
        "localhost:80"sv,
        "::1"sv,
        "::1:80"sv,
        "[::1]"sv,
        "[::1]80"sv,
        "[::1:80"sv,
        "::1]:80"sv,
        "[]:80"sv,
        "[:80"sv,
        "[:::]:80"sv,
        "[1::2::3]:80"sv,
        "[1:2:3:4:5:6:7]:80"sv,
        "[1:2:3:4:5:6:7:8:9]:80"sv,
        "[12345::]:80"sv,
        "[::g]:80"sv,
        "[::1\0]:80"sv,
        "[::192.0.2.256]:80"sv,
        "[::1%]:80"sv,
        "[::1%4294967296]:80"sv,
        "[::1 ]:80"sv,
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80"sv
    );
    CAPTURE(text);

    CHECK(address::parse(text).error() == std::make_error_code(std::errc::invalid_argument));
}

TEST_CASE("address: Unix path, is a value of its own kind", "[net][address]") {
    const address path = address::local("/run/x.sock");
    const address abstract = address::local("@x");

    CHECK(path.kind() == family::local);
    CHECK_FALSE(path.is_ip());
    CHECK(path.path() == "/run/x.sock");
    CHECK(path.to_string() == "/run/x.sock");
    CHECK(path.host_string() == "/run/x.sock");
    CHECK(abstract.to_string() == "@x");
    CHECK(path != abstract);
    CHECK(path.with_port(80) == path);
}

TEST_CASE("address: nothing known, is written as a dash", "[net][address]") {
    const address unknown;

    CHECK(unknown.kind() == family::none);
    CHECK(unknown.to_string() == "-");
    CHECK(unknown == address::local(""));
    CHECK_FALSE(unknown.is_any());
    CHECK_FALSE(unknown.is_loopback());
    CHECK_FALSE(unknown.is_multicast());
    CHECK_FALSE(unknown.is_broadcast());
    CHECK(unknown.with_port(80) == unknown);
}

TEST_CASE("address: port, can be replaced", "[net][address]") {
    CHECK(parsed("192.0.2.1:80").with_port(81) == parsed("192.0.2.1:81"));
    CHECK(parsed("[fe80::1%1]:80").with_port(0) == parsed("[fe80::1%1]:0"));
}

TEST_CASE("address: special ranges, are known in IPv4, IPv6 and mapped", "[net][address]") {
    struct row {
        std::string_view text;
        bool loopback;
        bool any;
        bool multicast;
        bool broadcast;
    };

    const auto& expected = GENERATE(
        row{"127.0.0.1:1", true, false, false, false},
        row{"127.255.255.254:1", true, false, false, false},
        row{"128.0.0.1:1", false, false, false, false},
        row{"0.0.0.0:1", false, true, false, false},
        row{"0.0.0.1:1", false, false, false, false},
        row{"223.255.255.255:1", false, false, false, false},
        row{"224.0.0.0:1", false, false, true, false},
        row{"239.255.255.255:1", false, false, true, false},
        row{"240.0.0.0:1", false, false, false, false},
        row{"255.255.255.255:1", false, false, false, true},
        row{"[::1]:1", true, false, false, false},
        row{"[::2]:1", false, false, false, false},
        row{"[::]:1", false, true, false, false},
        row{"[ff02::1]:1", false, false, true, false},
        row{"[fe80::1]:1", false, false, false, false},
        row{"[::ffff:127.0.0.1]:1", true, false, false, false},
        row{"[::ffff:0.0.0.0]:1", false, true, false, false},
        row{"[::ffff:224.0.0.1]:1", false, false, true, false},
        row{"[::ffff:255.255.255.255]:1", false, false, false, true},
        row{"[7f00::1]:1", false, false, false, false}
    );
    const address read = parsed(expected.text);
    CAPTURE(expected.text);

    CHECK(read.is_loopback() == expected.loopback);
    CHECK(read.is_any() == expected.any);
    CHECK(read.is_multicast() == expected.multicast);
    CHECK(read.is_broadcast() == expected.broadcast);
}

TEST_CASE("address: different values, compare and order", "[net][address]") {
    const std::set<address> addresses{
        parsed("192.0.2.1:80"),
        parsed("192.0.2.1:81"),
        parsed("192.0.2.2:80"),
        parsed("[::ffff:192.0.2.1]:80"),
        parsed("[fe80::1%1]:80"),
        parsed("[fe80::1%2]:80"),
        address::local("/a"),
        address::local("/b"),
        address(),
        parsed("192.0.2.1:80"),
    };

    CHECK(addresses.size() == 9);
    CHECK(parsed("192.0.2.1:80") < parsed("192.0.2.1:81"));
}

TEST_CASE("address: bytes written out, are of the kind that their number says", "[net][address]") {
    const address four({127, 0, 0, 1}, 80);
    const address sixteen({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 80);

    CHECK(four == parsed("127.0.0.1:80"));
    CHECK(sixteen == parsed("[2001:db8::1]:80"));
    CHECK(address(address::ipv4_bytes{127, 0, 0, 1}, 80) == four);
    CHECK(address(sixteen.v6(), 80, 3).zone() == 3);
}

} // namespace
