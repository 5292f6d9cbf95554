// SPDX-License-Identifier: BSL-1.0
#include "net/judge_reply.hpp"

#include "support/catch.hpp"

#include <memory>
#include <string>

using eddy::address;
using eddy::reply_verdict;
using eddy::detail::judge_reply;
using eddy::detail::served_ports;

namespace {

struct guard_row {
    std::string peer;
    std::string local;
    reply_verdict expected;
};

address parsed(const std::string& text) {
    return text.empty() ? address() : *address::parse(text);
}

constexpr std::uint16_t own_port = 7007;

} // namespace

TEST_CASE(
    "judge_reply: source and destination, decide whether there is an answer", "[net][judge_reply]"
) {
    using enum reply_verdict;
    const auto row = GENERATE(
        guard_row{"192.0.2.1:1024", "192.0.2.9:7007", allowed},
        guard_row{"192.0.2.1:65535", "", allowed},
        guard_row{"127.0.0.1:40000", "127.0.0.1:7007", allowed},
        guard_row{"[2001:db8::1]:5000", "[2001:db8::9]:7007", allowed},
        guard_row{"", "192.0.2.9:7007", no_address},
        guard_row{"0.0.0.0:5000", "192.0.2.9:7007", no_address},
        guard_row{"[::]:5000", "", no_address},
        guard_row{"192.0.2.1:0", "192.0.2.9:7007", system_port},
        guard_row{"192.0.2.1:7", "192.0.2.9:7007", system_port},
        guard_row{"192.0.2.1:53", "192.0.2.9:7007", system_port},
        guard_row{"[2001:db8::1]:1023", "", system_port},
        guard_row{"192.0.2.1:1900", "", service_port},
        guard_row{"192.0.2.1:2049", "", service_port},
        guard_row{"192.0.2.1:5353", "", service_port},
        guard_row{"[2001:db8::1]:11211", "", service_port},
        guard_row{"192.0.2.1:7007", "192.0.2.9:7", own_port},
        guard_row{"127.0.0.1:7007", "127.0.0.1:7007", own_port},
        guard_row{"192.0.2.1:7008", "", allowed},
        guard_row{"224.0.0.1:5000", "192.0.2.9:7007", group_address},
        guard_row{"255.255.255.255:5000", "", group_address},
        guard_row{"[ff02::1]:5000", "", group_address},
        guard_row{"192.0.2.1:5000", "224.0.0.251:7007", group_address},
        guard_row{"192.0.2.1:5000", "255.255.255.255:7007", group_address},
        guard_row{"[2001:db8::1]:5000", "[ff02::1]:7007", group_address},
        guard_row{"[::ffff:224.0.0.1]:5000", "", group_address},
        guard_row{"192.0.2.1:5000", "0.0.0.0:7007", allowed}
    );
    const auto served = std::make_unique<served_ports>();
    served->enter(::own_port);
    eddy::datagram received;
    received.peer = parsed(row.peer);
    received.local = parsed(row.local);

    CAPTURE(row.peer, row.local, to_string(row.expected));
    CHECK(judge_reply(received, *served) == row.expected);
}

TEST_CASE("judge_reply: named Unix socket, is answered", "[net][judge_reply]") {
    const auto none = std::make_unique<served_ports>();
    eddy::datagram received;
    received.peer = address::local("/run/client.sock");

    CHECK(judge_reply(received, *none) == reply_verdict::allowed);
}

TEST_CASE("judge_reply: every verdict, has a name", "[net][judge_reply]") {
    for (std::size_t i = 0; i != eddy::reply_verdicts; ++i) {
        CHECK_FALSE(to_string(static_cast<reply_verdict>(i)).empty());
    }
}

TEST_CASE("served_ports: shared by two sockets, known until both have left", "[net][judge_reply]") {
    const auto served = std::make_unique<served_ports>();
    served->enter(65'535);
    served->enter(65'535);

    served->leave(65'535);
    CHECK(served->contain(65'535));
    served->leave(65'535);
    CHECK_FALSE(served->contain(65'535));
    CHECK_FALSE(served->contain(0));
}
