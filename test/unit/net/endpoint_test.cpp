// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/endpoint.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using eddy::address;
using eddy::endpoint;
using transport = eddy::endpoint::transport;
using namespace std::string_view_literals;

struct message_row {
    std::string_view text;
    std::string_view message;
};

/// The message that `text` is refused with, without the words that all of them begin with.
std::string refusal(std::string_view text) {
    try {
        return "accepted as " + endpoint(text).to_string();
    } catch (const eddy::error& refused) {
        CHECK(refused.code() == std::make_error_condition(std::errc::invalid_argument));
        const std::string message = refused.what();
        const auto begin = message.find("\": ");
        CHECK(message.starts_with("endpoint \""));
        return begin == std::string::npos ? message : message.substr(begin + 3);
    }
}

TEST_CASE("endpoint: TCP, UDP and ICMP, are read and written", "[net][endpoint]") {
    struct row {
        std::string_view text;
        transport kind;
        std::string_view host;
        int port;
        std::string_view canonical;
    };

    const auto& expected = GENERATE(
        row{"tcp://localhost:80", transport::tcp, "localhost", 80, "tcp://localhost:80"},
        row{"tcp://127.0.0.1:0", transport::tcp, "127.0.0.1", 0, "tcp://127.0.0.1:0"},
        row{"tcp://[::]:65535", transport::tcp, "::", 65535, "tcp://[::]:65535"},
        row{"udp://[2001:DB8:0::1]:7", transport::udp, "2001:db8::1", 7, "udp://[2001:db8::1]:7"},
        row{"tcp://[::ffff:c000:201]:7",
            transport::tcp,
            "::ffff:192.0.2.1",
            7,
            "tcp://[::ffff:192.0.2.1]:7"},
        row{"udp://[fe80::1%Eth0.1]:7",
            transport::udp,
            "fe80::1%Eth0.1",
            7,
            "udp://[fe80::1%Eth0.1]:7"},
        row{"tcp://Example.COM.:080", transport::tcp, "example.com.", 80, "tcp://example.com.:80"},
        row{"tcp://_sip._tcp.a-1:1", transport::tcp, "_sip._tcp.a-1", 1, "tcp://_sip._tcp.a-1:1"},
        row{"tcp://1and1.de:1", transport::tcp, "1and1.de", 1, "tcp://1and1.de:1"},
        row{"icmp://localhost", transport::icmp, "localhost", 0, "icmp://localhost"},
        row{"icmp://[::1]", transport::icmp, "::1", 0, "icmp://[::1]"}
    );
    const endpoint read(expected.text);
    CAPTURE(expected.text);

    CHECK(read.kind() == expected.kind);
    CHECK(read.has_host());
    CHECK(read.host() == expected.host);
    CHECK(read.port() == expected.port);
    CHECK(read.path().empty());
    CHECK(read.descriptor() == -1);
    CHECK(read.is_datagram() == (expected.kind != transport::tcp));
    CHECK(read.to_string() == expected.canonical);
    CHECK(endpoint(expected.canonical) == read);
}

TEST_CASE("endpoint: Unix, memory, descriptor and stdio, are read and written", "[net][endpoint]") {
    struct row {
        std::string_view text;
        transport kind;
        std::string_view path;
        int descriptor;
    };

    static const std::string longest = "unix:/" + std::string(106, 'x');
    const auto& expected = GENERATE(
        row{"unix:/run/x.sock", transport::unix_stream, "/run/x.sock", -1},
        row{"unix:run/x.sock", transport::unix_stream, "run/x.sock", -1},
        row{"unix:@name", transport::unix_stream, "@name", -1},
        row{"unix:/with space:and colon", transport::unix_stream, "/with space:and colon", -1},
        row{longest, transport::unix_stream, std::string_view(longest).substr(5), -1},
        row{"unixgram:/run/x.sock", transport::unix_datagram, "/run/x.sock", -1},
        row{"mem:name", transport::mem, "name", -1},
        row{"fd:0", transport::fd, "", 0},
        row{"fd:2147483647", transport::fd, "", 2147483647},
        row{"stdio:", transport::stdio, "", -1}
    );
    const endpoint read(expected.text);
    CAPTURE(expected.text);

    CHECK(read.kind() == expected.kind);
    CHECK_FALSE(read.has_host());
    CHECK(read.host().empty());
    CHECK(read.path() == expected.path);
    CHECK(read.descriptor() == expected.descriptor);
    CHECK(read.is_datagram() == (expected.kind == transport::unix_datagram));
    CHECK(read.to_string() == expected.text);
    CHECK(endpoint(read.to_string()) == read);
    CHECK_FALSE(read.numeric().has_value());
}

TEST_CASE("endpoint: every kind of string, converts", "[net][endpoint]") {
    const endpoint from_literal = "tcp://localhost:80";
    const endpoint from_string = std::string("tcp://localhost:80");
    const endpoint from_view = "tcp://localhost:80"sv;

    CHECK(from_literal == from_string);
    CHECK(from_literal == from_view);
    CHECK(from_literal != endpoint("udp://localhost:80"));
    CHECK(from_literal != endpoint("tcp://localhost:81"));
}

TEST_CASE("endpoint: whole message, names the text, the cause and the remedy", "[net][endpoint]") {
    CHECK_THROWS_WITH(
        endpoint("tcp://localhost"),
        "endpoint \"tcp://localhost\": the port is missing; write \"tcp://localhost:port\""
    );
    CHECK_THROWS_WITH(
        endpoint("tcp://\"\x1b\n:1"),
        "endpoint \"tcp://\\\"\\x1b\\n:1\": \"\\\"\" cannot be part of a host; "
        "use letters, digits, \"-\", \"_\" and \".\""
    );
}

TEST_CASE("endpoint: scheme missing or wrong, is refused", "[net][endpoint]") {
    const auto& [text, message] = GENERATE(
        message_row{"", "it is empty; write scheme, host and port, as in \"tcp://127.0.0.1:7007\""},
        message_row{"localhost:7000", "the scheme is missing; write \"tcp://localhost:7000\""},
        message_row{"127.0.0.1:7000", "the scheme is missing; write \"tcp://127.0.0.1:7000\""},
        message_row{"[::1]:7000", "the scheme is missing; write \"tcp://[::1]:7000\""},
        message_row{"udq:7000", "the scheme is missing; write \"tcp://udq:7000\""},
        message_row{"localhost", "the scheme is missing; write \"tcp://localhost\""},
        message_row{":7000", "the scheme is missing; write \"tcp://[::]:7000\""},
        message_row{"7000", "the scheme is missing; write \"tcp://[::]:7000\""},
        message_row{"/run/x.sock", "the scheme is missing; write \"unix:/run/x.sock\""},
        message_row{"./x.sock", "the scheme is missing; write \"unix:./x.sock\""},
        message_row{"@name", "the scheme is missing; write \"unix:@name\""},
        message_row{"://localhost:1", "the scheme is missing; write \"tcp://://localhost:1\""},
        message_row{"tpc://localhost:1", "there is no scheme \"tpc\"; did you mean \"tcp\"?"},
        message_row{"TCP://localhost:1", "there is no scheme \"TCP\"; did you mean \"tcp\"?"},
        message_row{" tcp://localhost:1", "there is no scheme \" tcp\"; did you mean \"tcp\"?"},
        message_row{"udp6://[::1]:1", "there is no scheme \"udp6\"; did you mean \"udp\"?"},
        message_row{"unxi:/run/x", "there is no scheme \"unxi\"; did you mean \"unix\"?"},
        message_row{"stdoi:", "there is no scheme \"stdoi\"; did you mean \"stdio\"?"},
        message_row{
            "http://localhost:80",
            "there is no scheme \"http\"; use tcp, udp, icmp, unix, unixgram, fd, stdio or mem"
        },
        message_row{
            "file:/run/x",
            "there is no scheme \"file\"; use tcp, udp, icmp, unix, unixgram, fd, stdio or mem"
        },
        message_row{"tcp", "it ends after the scheme; write \"tcp://host:port\""},
        message_row{"stdio", "it ends after the scheme; write \"stdio:\""},
        message_row{"tcp:", "\"//\" is missing after the scheme; write \"tcp://host:port\""},
        message_row{
            "tcp:localhost:80", "\"//\" is missing after the scheme; write \"tcp://localhost:80\""
        },
        message_row{
            "udp:/localhost:80", "\"//\" is missing after the scheme; write \"udp://localhost:80\""
        },
        message_row{
            "tls://localhost:443",
            "\"tls\" is not built into this version; use \"tcp://\" behind a proxy that speaks TLS"
        },
        message_row{
            "systemd:echo",
            "\"systemd\" is not built into this version; use \"fd:3\" for the first socket of the "
            "unit"
        },
        message_row{"tcp://a\0b:1"sv, "it contains a zero byte; remove it"},
        message_row{"unix:/a\0b"sv, "it contains a zero byte; remove it"}
    );
    CAPTURE(text);

    CHECK(refusal(text) == message);
}

TEST_CASE("endpoint: host or port wrong, is refused", "[net][endpoint]") {
    const auto& [text, message] = GENERATE(
        message_row{"tcp://", "host and port are missing; write \"tcp://host:port\""},
        message_row{"tcp:///", "host and port are missing; write \"tcp://host:port\""},
        message_row{"udp://localhost", "the port is missing; write \"udp://localhost:port\""},
        message_row{"tcp://localhost:", "the port is missing; write \"tcp://localhost:port\""},
        message_row{"tcp://[::1]", "the port is missing; write \"tcp://[::1]:port\""},
        message_row{"tcp://:80", "the host is missing; write \"tcp://[::]:80\" for every address"},
        message_row{"tcp://:", "the host is missing; write \"tcp://[::]:port\" for every address"},
        message_row{"tcp://*:80", "\"*\" is not a host; write \"tcp://[::]:80\" for every address"},
        message_row{"icmp://*", "\"*\" is not a host; write \"icmp://0.0.0.0\" for every address"},
        message_row{"icmp://", "the host is missing; write \"icmp://host\""},
        message_row{"icmp://localhost:7", "ICMP has no ports; write \"icmp://localhost\""},
        message_row{"icmp://[::1]:7", "ICMP has no ports; write \"icmp://[::1]\""},
        message_row{"tcp://h:80/", "\"/\" has no meaning here; write \"tcp://h:80\""},
        message_row{"tcp://[::1]:80/x?y", "\"/x?y\" has no meaning here; write \"tcp://[::1]:80\""},
        message_row{"tcp://h:80#x", "\"#x\" has no meaning here; write \"tcp://h:80\""},
        message_row{"icmp://h/x", "\"/x\" has no meaning here; write \"icmp://h\""}
    );
    CAPTURE(text);

    CHECK(refusal(text) == message);
}

TEST_CASE("endpoint: port that is no number up to 65535, is refused", "[net][endpoint]") {
    constexpr auto remedy = "; write one from 0 to 65535; the system chooses for 0";
    const auto& [text, cause] = GENERATE(
        message_row{"tcp://h:http", "port \"http\" is not a number"},
        message_row{"tcp://h:-1", "port \"-1\" is not a number"},
        message_row{"tcp://h:+1", "port \"+1\" is not a number"},
        message_row{"tcp://h:8o", "port \"8o\" is not a number"},
        message_row{"tcp://h:80 ", "port \"80 \" is not a number"},
        message_row{"tcp://h:80:90", "port \"80:90\" is not a number"},
        message_row{"tcp://[::1]:x", "port \"x\" is not a number"},
        message_row{"tcp://h:65536", "port \"65536\" is too large"},
        message_row{"tcp://h:99999999999999999999", "port \"99999999999999999999\" is too large"}
    );
    CAPTURE(text);

    CHECK(refusal(text) == std::string(cause) + remedy);
}

TEST_CASE("endpoint: brackets around something else, are refused", "[net][endpoint]") {
    constexpr auto complaint = " in brackets is not an IPv6 address; "
                               "write one, as in \"[2001:db8::1]\", or remove the brackets";
    const auto inside = GENERATE(
        as<std::string>(),
        "",
        "localhost",
        "127.0.0.1",
        "::g",
        ":::",
        "1:2",
        "::1 ",
        "[::1",
        "%eth0"
    );
    CAPTURE(inside);

    CHECK(refusal("tcp://[" + inside + "]:80") == '"' + inside + '"' + complaint);
}

TEST_CASE("endpoint: IPv6 address wrong, is refused", "[net][endpoint]") {
    const auto& [text, message] = GENERATE(
        message_row{"tcp://::1:80", "an IPv6 address needs brackets; write \"tcp://[::1]:80\""},
        message_row{"tcp://:::80", "an IPv6 address needs brackets; write \"tcp://[::]:80\""},
        message_row{"tcp://::1", "an IPv6 address needs brackets; write \"tcp://[::1]:port\""},
        message_row{
            "tcp://1:2:3:4:5:6:7:8",
            "an IPv6 address needs brackets; write \"tcp://[1:2:3:4:5:6:7:8]:port\""
        },
        message_row{
            "udp://fe80::1%eth0:80",
            "an IPv6 address needs brackets; write \"udp://[fe80::1%eth0]:80\""
        },
        message_row{"icmp://::1", "an IPv6 address needs brackets; write \"icmp://[::1]\""},
        message_row{"tcp://[::1:80", "the bracket is not closed; write \"]\" after the address"},
        message_row{"tcp://[", "the bracket is not closed; write \"]\" after the address"},
        message_row{
            "tcp://[::1]80", "\"80\" follows the bracket; write a colon and the port after it"
        },
        message_row{
            "tcp://[::1]]:80", "\"]:80\" follows the bracket; write a colon and the port after it"
        },
        message_row{"icmp://[::1]x", "\"x\" follows the bracket; remove it"},
        message_row{
            "tcp://[fe80::1%]:80",
            "\"\" is not the name of a network interface; write one, as in \"[fe80::1%eth0]\""
        },
        message_row{
            "tcp://[fe80::1%a b]:80",
            "\"a b\" is not the name of a network interface; write one, as in \"[fe80::1%eth0]\""
        },
        message_row{
            "tcp://[fe80::1%sixteen-letters0]:80",
            "\"sixteen-letters0\" is not the name of a network interface; "
            "write one, as in \"[fe80::1%eth0]\""
        }
    );
    CAPTURE(text);

    CHECK(refusal(text) == message);
}

TEST_CASE("endpoint: host with bad characters, is refused", "[net][endpoint]") {
    constexpr auto complaint =
        " cannot be part of a host; use letters, digits, \"-\", \"_\" and \".\"";
    const auto& [host, cause] = GENERATE(
        message_row{"a b", "\" \""},
        message_row{"user@host", "\"@\""},
        message_row{"a,b", "\",\""},
        message_row{"a\\b", "\"\\\\\""},
        message_row{"a\tb", "\"\\t\""},
        message_row{"a%b", "\"%\""},
        message_row{"a]", "\"]\""},
        message_row{"\xff", "\"\\xff\""}
    );
    CAPTURE(host);

    CHECK(refusal("tcp://" + std::string(host) + ":80") == std::string(cause) + complaint);
}

TEST_CASE("endpoint: host like an address of an old form, is refused", "[net][endpoint]") {
    constexpr auto complaint =
        " is not an IPv4 address; write four numbers from 0 to 255, as in \"192.0.2.1\"";
    const auto host = GENERATE(
        as<std::string>(),
        "1",
        "127.1",
        "1.2.3",
        "1.2.3.4.5",
        "256.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "0x7f000001",
        "0x7f.0.0.0X1",
        "example.0"
    );
    CAPTURE(host);

    CHECK(refusal("udp://" + host + ":80") == '"' + host + '"' + complaint);
}

TEST_CASE("endpoint: host name wrong, is refused", "[net][endpoint]") {
    const std::string label(63, 'a');
    const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');

    CHECK_NOTHROW(endpoint("tcp://" + longest + ":80"));
    CHECK(
        refusal("tcp://" + longest + "a:80") ==
        "the host is longer than 253 characters; use a shorter name"
    );
    CHECK(
        refusal("tcp://" + label + "a:80") ==
        "a part of the host between dots is longer than 63 characters; use a shorter name"
    );
    for (const std::string_view host : {"."sv, ".a"sv, "a..b"sv, "a.."sv}) {
        CHECK(
            refusal("tcp://" + std::string(host) + ":80") ==
            "a part of the host between dots is empty; remove a dot"
        );
    }
    CHECK(
        refusal("tcp://m\u00fcller.de:80") == "\"\u00fc\" cannot be part of a host; write the "
                                              "name's ASCII form, which begins with \"xn--\""
    );
}

TEST_CASE("endpoint: path or name wrong, is refused", "[net][endpoint]") {
    static const std::string too_long = "unix:" + std::string(108, 'x');
    const auto& [text, message] = GENERATE(
        message_row{"unix:", "the path is missing; write \"unix:/run/name.sock\""},
        message_row{"unix://", "the path is missing; write \"unix:/run/name.sock\""},
        message_row{"unixgram:", "the path is missing; write \"unixgram:/run/name.sock\""},
        message_row{"unix:@", "the name after \"@\" is missing; write \"unix:@name\""},
        message_row{
            "unix:///run/x", "the path begins right after the colon; write \"unix:/run/x\""
        },
        message_row{
            "unixgram://run/x", "the path begins right after the colon; write \"unixgram:/run/x\""
        },
        message_row{
            too_long, "the path has 108 bytes, and 107 fit; use a shorter one, or a relative one"
        },
        message_row{"mem:", "the name is missing; write \"mem:name\""},
        message_row{"mem://x", "the name begins right after the colon; write \"mem:x\""},
        message_row{"stdio:x", "\"x\" has no meaning here; write \"stdio:\""},
        message_row{"stdio://", "\"//\" has no meaning here; write \"stdio:\""}
    );
    CAPTURE(text);

    CHECK(refusal(text) == message);
}

TEST_CASE("endpoint: descriptor wrong, is refused", "[net][endpoint]") {
    constexpr auto remedy = "; write the number of an open socket, as in \"fd:3\"";
    const auto& [text, cause] = GENERATE(
        message_row{"fd:", "the number is missing"},
        message_row{"fd:x", "\"x\" is not a number"},
        message_row{"fd:3x", "\"3x\" is not a number"},
        message_row{"fd: 3", "\" 3\" is not a number"},
        message_row{"fd://3", "\"//3\" is not a number"},
        message_row{"fd:-", "\"-\" is not a number"},
        message_row{"fd:-1", "\"-1\" is negative"},
        message_row{"fd:2147483648", "\"2147483648\" is too large"},
        message_row{"fd:99999999999999999999", "\"99999999999999999999\" is too large"}
    );
    CAPTURE(text);

    CHECK(refusal(text) == std::string(cause) + remedy);
}

TEST_CASE("endpoint: host that is an address, is numeric", "[net][endpoint]") {
    CHECK(
        endpoint("tcp://192.0.2.1:80").numeric().value() == address::parse("192.0.2.1:80").value()
    );
    CHECK(endpoint("udp://[::1]:80").numeric().value() == address::parse("[::1]:80").value());
    CHECK(
        endpoint("icmp://[fe80::1%1]").numeric().value() == address::parse("[fe80::1%1]:0").value()
    );
    CHECK(
        endpoint("tcp://localhost:80").numeric().error() ==
        std::make_error_code(std::errc::invalid_argument)
    );
    CHECK(
        endpoint("tcp://[fe80::1%no-such-device]:80").numeric().error() ==
        std::make_error_code(std::errc::no_such_device)
    );
}

TEST_CASE("endpoint: made of an address, names it", "[net][endpoint]") {
    const address ipv4 = address::parse("192.0.2.1:80").value();
    const address ipv6 = address::parse("[2001:db8::1]:80").value();
    const address path = address::local("/run/x.sock");

    CHECK(endpoint(transport::tcp, ipv4) == endpoint("tcp://192.0.2.1:80"));
    CHECK(endpoint(transport::udp, ipv6) == endpoint("udp://[2001:db8::1]:80"));
    CHECK(endpoint(transport::icmp, ipv6) == endpoint("icmp://[2001:db8::1]"));
    CHECK(endpoint(transport::unix_stream, path) == endpoint("unix:/run/x.sock"));
    CHECK(endpoint(transport::unix_datagram, path) == endpoint("unixgram:/run/x.sock"));
    CHECK(endpoint(transport::mem, address::local("name")) == endpoint("mem:name"));
}

TEST_CASE("endpoint: made of an address of another family, is misuse", "[net][endpoint]") {
    const address ipv4 = address::parse("192.0.2.1:80").value();

    CHECK_THROWS_AS(endpoint(transport::tcp, address()), std::logic_error);
    CHECK_THROWS_AS(endpoint(transport::tcp, address::local("/x")), std::logic_error);
    CHECK_THROWS_AS(endpoint(transport::unix_stream, ipv4), std::logic_error);
    CHECK_THROWS_AS(endpoint(transport::unix_stream, address()), std::logic_error);
    CHECK_THROWS_AS(endpoint(transport::fd, ipv4), std::logic_error);
    CHECK_THROWS_AS(endpoint(transport::stdio, address()), std::logic_error);
}

} // namespace
