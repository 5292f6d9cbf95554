// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/byte_view.hpp>
#include <eddy/net/proxy_header.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace std::string_literals;

namespace eddy {
namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string four = "\x0a\0\0\1\x0a\0\0\2\x1f\x90\0\x50"s; // 10.0.0.1:8080 to 10.0.0.2:80

/// A header of version 2; `length` stands for more or fewer bytes than there are.
std::string
binary(char version_command, char family_protocol, const std::string& rest, int length = -1) {
    const auto size = length < 0 ? rest.size() : static_cast<std::size_t>(length);
    return signature + version_command + family_protocol + static_cast<char>(size >> 8) +
           static_cast<char>(size) + rest;
}

struct outcome {
    std::size_t size = 0; ///< Of the header; none when more is needed.
    result<proxy_header> header = errc::would_block;
    std::string rule;
};

outcome read(std::string_view arrived) {
    proxy_header_reader reader;
    const auto bytes = byte_view(arrived).bytes();
    const auto found = reader.find(bytes);
    outcome made{.size = found.size, .rule = {}};
    if (found.refused) {
        made.header = found.refused;
    } else if (found.size != 0) {
        made.header = reader.read(bytes.first(found.size));
    }
    made.rule = reader.broken_rule();
    return made;
}

TEST_CASE("proxy header: that is right, tells both ends", "[net][proxy]") {
    struct row {
        const char* what;
        std::string bytes;
        std::string source;
        std::string destination;
    };
    const std::string six = "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\1" + "\x20\x01\x0d\xb8" +
                            std::string(11, '\0') + "\2" + "\xff\xff\0\1"s;
    const std::string paths = "/run/a"s + std::string(102, '\0') + "\0b"s + std::string(106, '\0');
    const auto each = GENERATE_COPY(values<row>({
        {"TCP4", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65535\r\n", "192.0.2.1:1", "192.0.2.2:65535"},
        {"TCP6", "PROXY TCP6 2001:db8::1 ::2 0 80\r\n", "[2001:db8::1]:0", "[::2]:80"},
        {"UNKNOWN", "PROXY UNKNOWN\r\n", "-", "-"},
        {"UNKNOWN with more", "PROXY UNKNOWN what ever 1 \r\n", "-", "-"},
        {"IPv4", binary(0x21, 0x11, four), "10.0.0.1:8080", "10.0.0.2:80"},
        {"IPv4 datagrams", binary(0x21, 0x12, four), "10.0.0.1:8080", "10.0.0.2:80"},
        {"IPv6", binary(0x21, 0x21, six), "[2001:db8::1]:65535", "[2001:db8::2]:1"},
        {"paths", binary(0x21, 0x31, paths), "/run/a", "@b"},
        {"LOCAL", binary(0x20, 0x11, four), "-", "-"},
        {"LOCAL of nothing", binary(0x20, 0x00, ""), "-", "-"},
        {"LOCAL, and the rest is short", binary(0x20, 0x11, "x"), "-", "-"},
        {"UNSPEC", binary(0x21, 0x00, ""), "-", "-"},
        {"a family to come", binary(0x21, 0x41, "whatever"), "-", "-"},
        {"a protocol to come", binary(0x21, 0x13, four), "-", "-"},
        {"extensions", binary(0x21, 0x11, four + "\2\0\1h\4\0\0"s), "10.0.0.1:8080", "10.0.0.2:80"},
    }));
    INFO(each.what);
    const auto found = read(each.bytes + "and what follows");
    CHECK(found.size == each.bytes.size());
    REQUIRE(found.header);
    CHECK(found.header->source.to_string() == each.source);
    CHECK(found.header->destination.to_string() == each.destination);
    CHECK(found.rule.empty());
}

TEST_CASE("proxy header: that is not whole, needs more, at each byte", "[net][proxy]") {
    const auto whole = GENERATE(
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65535\r\n"s,
        binary(0x21, 0x11, "\x0a\0\0\1\x0a\0\0\2\x1f\x90\0\x50\4\0\1x"s)
    );
    for (std::size_t size = 1; size != whole.size(); ++size) {
        INFO(size);
        const auto found = read(whole.substr(0, size));
        CHECK(found.size == 0);
        CHECK(found.header.error() == errc::would_block);
    }
    CHECK(read(whole).header);
}

TEST_CASE("proxy header: that is wrong, is refused with the rule it breaks", "[net][proxy]") {
    struct row {
        std::string bytes;
        std::string rule;
        errc why = errc::malformed;
    };
    const std::string beginning = "a header begins with \"PROXY \" or the signature";
    const std::string line = "two addresses of the protocol and two ports follow";
    const auto each = GENERATE_COPY(values<row>({
        {"GET / HTTP/1.1\r\n", beginning},
        {"PROXI", beginning},
        {"proxy TCP4", beginning},
        {"\r\n\r\n\0\r\nQUIX"s, beginning},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "a line ends with CRLF"},
        {"PROXY " + std::string(101, 'x'), "a line of 107 bytes has its end", errc::too_long},
        {"PROXY UNKNOWN " + std::string(92, 'x') + "\r\n",
         "a line of 107 bytes has its end",
         errc::too_long},
        {"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", "the protocol is TCP4, TCP6 or UNKNOWN"},
        {"PROXY \r\n", "the protocol is TCP4, TCP6 or UNKNOWN"},
        {"PROXY TCP4\r\n", line},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", line},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", line},
        {"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", line},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", line},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", line},
        {"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", line},
        {"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", line},
        {"PROXY TCP4 ::1 ::2 1 2\r\n", line},
        {"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", line},
        {"PROXY TCP6 fe80::1%eth0 ::2 1 2\r\n", line},
        {binary(0x31, 0x11, four), "the version is 2"},
        {binary(0x11, 0x11, four), "the version is 2"},
        {binary(0x22, 0x11, four), "the command is LOCAL or PROXY"},
        {binary(0x21, 0x11, four.substr(1)), "both addresses are within the header"},
        {binary(0x21, 0x21, four), "both addresses are within the header"},
        {binary(0x21, 0x11, "", 4081), "a header has 4096 bytes at most", errc::too_long},
        {binary(0x21, 0x11, "", 65535), "a header has 4096 bytes at most", errc::too_long},
        {binary(0x21, 0x11, four + "\2\0"), "an extension has three bytes before its value"},
        {binary(0x21, 0x11, four + "\2\0\2h"s), "an extension ends within the header"},
        {binary(0x21, 0x11, four + "\3\0\4\0\0\0\0"s), "the checksum is the CRC32C of the header"},
        {binary(0x21, 0x11, four + "\3\0\3\0\0\0"s), "the checksum is the CRC32C of the header"},
    }));
    INFO(each.rule << ": " << each.bytes);
    const auto found = read(each.bytes);
    CHECK(found.header.error() == each.why);
    CHECK(found.rule == each.rule);
}

TEST_CASE("proxy header: the longest of each version is taken", "[net][proxy]") {
    CHECK(read("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n").size == 107);
    const std::string value(4096 - 16 - 12 - 3, 'x');
    const std::string extension = "\xE0\x0f\xe1"s + value;
    const auto found = read(binary(0x21, 0x11, four + extension));
    CHECK(found.size == 4096);
    REQUIRE(found.header);
    CHECK(found.header->extension(0xE0) == value);
}

TEST_CASE("proxy header: the checksum of another's is right", "[net][proxy]") {
    // Of the 35 bytes with zeros in its place, computed bit by bit from the polynomial.
    const std::string begins = four + "\3\0\4"s;
    const auto whole = binary(0x21, 0x11, begins + "\x13\x0d\x75\x6f");
    const auto found = read(whole);
    REQUIRE(found.header);
    CHECK(found.header->extension(proxy_header::checksum) == whole.substr(31));
}

TEST_CASE("proxy header: written, reads as it was", "[net][proxy]") {
    struct row {
        address source;
        address destination;
        bool is_told;
    };
    const auto each = GENERATE(values<row>({
        {*address::parse("192.0.2.1:1"), *address::parse("192.0.2.2:65535"), true},
        {*address::parse("[2001:db8::1]:1"), *address::parse("[::2]:2"), true},
        {address::local("/run/a"), address::local("@b"), true},
        {*address::parse("192.0.2.1:1"), *address::parse("[::2]:2"), false},
        {address(), *address::parse("[::2]:2"), false},
        {address(), address(), false},
    }));
    const bool is_datagram = GENERATE(false, true);
    const std::string extensions = GENERATE(""s, "\2\0\4host\4\0\0"s);
    const proxy_header written{each.source, each.destination, extensions, is_datagram};
    const auto found = read(written.to_bytes());
    REQUIRE(found.header);
    CHECK(found.header->source == (each.is_told ? each.source : address()));
    CHECK(found.header->destination == (each.is_told ? each.destination : address()));
    CHECK(found.header->extensions == extensions);
    CHECK(found.header->is_datagram == (each.is_told && is_datagram));
}

TEST_CASE("proxy header: a mapped address is written as IPv4", "[net][proxy]") {
    const proxy_header written{
        .source = *address::parse("[::ffff:192.0.2.1]:1"),
        .destination = *address::parse("[::ffff:192.0.2.2]:2")
    };
    CHECK(read(written.to_bytes()).header->source.to_string() == "192.0.2.1:1");
    // Beside one that is none, it has to stay what it is.
    const proxy_header mixed{
        .source = written.source, .destination = *address::parse("[2001:db8::1]:2")
    };
    CHECK(read(mixed.to_bytes()).header->source == written.source);
}

TEST_CASE("proxy header: extensions are found by type", "[net][proxy]") {
    const proxy_header told{.extensions = "\2\0\4host\5\0\0\2\0\1x"s};
    CHECK(told.extension(proxy_header::authority) == "host");
    CHECK(told.extension(proxy_header::unique_id) == "");
    CHECK_FALSE(told.extension(proxy_header::alpn));
    CHECK_FALSE(proxy_header().extension(proxy_header::alpn));
    CHECK(proxy_header{.extensions = "\1\0\5ab"s}.extension(proxy_header::alpn) == "ab");
    const proxy_header endless{.extensions = std::string(70'000, 'x')};
    CHECK_THROWS_AS(endless.to_bytes(), std::length_error);
}

} // namespace
} // namespace eddy
