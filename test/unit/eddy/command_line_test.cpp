// SPDX-License-Identifier: BSL-1.0
#include "command_line.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace client;

namespace {

command_line parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "eddy");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

struct refused_line {
    std::vector<const char*> arguments;
    const char* said;
};

} // namespace

TEST_CASE("command line: each command, is recognised", "[eddy][command_line]") {
    const auto arguments = GENERATE(values<std::vector<const char*>>({
        {"echo", "127.0.0.1", "word"},
        {"echo", "::1", "word", "7"},
        {"echo", "[fe80::1%25]", "word", "7", "--udp"},
        {"echo", "unix:/run/echo", "word"},
        {"echo", "localhost", "--", "-word-"},
        {"send", "host", "7008"},
        {"send", "host", "7008", "a message", "-u", "-W", "0.5"},
        {"ping", "host", "-c", "0", "-i", "0.2", "-W", "2", "-6"},
        {"load", "tcp://host:1"},
        {"load", "unix:/run/echo", "--messages", "5", "--json", "--chart", "x.svg"},
        {"load", "udp://host:1", "--size", "8", "--depth", "2", "--seconds", "0.1"},
    }));
    const auto line = parse(arguments);

    CHECK(line.name == arguments.front());
    CHECK(std::holds_alternative<command>(line.wanted));
}

TEST_CASE("command line: a wrong one, is refused with its reason", "[eddy][command_line]") {
    const auto row = GENERATE(values<refused_line>({
        {{}, "subcommand is required"},
        {{"ehco", "host"}, "there is no such command; use echo, send, ping or load"},
        {{"echo"}, "ADDRESS is required"},
        {{"echo", "host"}, "WORD is required"},
        {{"echo", "host", "word", "0"}, "not in range"},
        {{"echo", "host", "word", "65536"}, "PORT"},
        {{"echo", "host", "word", "seven"}, "PORT"},
        {{"echo", "host", "word", "7", "more"}, "more"},
        {{"echo", "host", "word", "--no-such"}, "--no-such"},
        {{"echo", "ho st", "word"}, "endpoint"},
        {{"echo", "host", "word", "-W", "0"}, "not in range"},
        {{"send", "host"}, "PORT is required"},
        {{"ping"}, "HOST is required"},
        {{"ping", "host", "-4", "-6"}, "excludes"},
        {{"ping", "host", "-c", "-1"}, "--count"},
        {{"load"}, "ENDPOINT is required"},
        {{"load", "host"}, "endpoint \"host\""},
        {{"load", "icmp://host"}, "load takes tcp://, udp:// and unix: endpoints"},
        {{"load", "tcp://host:1", "--connections", "0"}, "not in range"},
        {{"load", "tcp://host:1", "--depth", "0"}, "not in range"},
        {{"load", "tcp://host:1", "--size", "0"}, "not in range"},
        {{"load", "tcp://host:1", "--messages", "0"}, "--messages"},
        {{"load", "tcp://host:1", "--seconds", "-1"}, "not in range"},
        {{"load", "udp://host:1", "--size", "7"}, "a datagram has 8 to 65507 bytes"},
        {{"load", "udp://host:1", "--size", "65508"}, "a datagram has 8 to 65507 bytes"},
    }));
    const auto line = parse(row.arguments);

    CAPTURE(row.said);
    REQUIRE(std::holds_alternative<answer>(line.wanted));
    const auto& refusal = std::get<answer>(line.wanted);
    CHECK(refusal.status == exit_status::bad_usage);
    CHECK(refusal.text.starts_with("eddy: "));
    CHECK(refusal.text.find(row.said) != std::string::npos);
    CHECK(refusal.text.back() == '\n');
}

TEST_CASE("command line: help and version, are answered", "[eddy][command_line]") {
    const auto arguments = GENERATE(values<std::vector<const char*>>(
        {{"--help"}, {"load", "-h"}, {"--version"}, {"echo", "--help"}}
    ));
    const auto line = parse(arguments);

    REQUIRE(std::holds_alternative<answer>(line.wanted));
    CHECK(std::get<answer>(line.wanted).status == exit_status::success);
    CHECK(std::get<answer>(line.wanted).text.back() == '\n');
}
