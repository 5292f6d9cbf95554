// SPDX-License-Identifier: BSL-1.0
#include "config_text.hpp"

#include "config_file.hpp"
#include "listen.hpp"
#include "support/catch.hpp"

#include <sstream>
#include <string>

using eddy::services::registry;
using eddyd::config_text;
using eddyd::parse_config;

namespace {

/// A configuration in which nothing has its default.
constexpr auto unusual = R"(
[server]
workers = 3
engine = "asio"
drain_timeout = "1m"
memory_soft = 2097152
memory_hard = 4194304
log_level = "off"
log_format = "json"

[[listen]]
service = "message-reply"
endpoint = "tcp://[::1]:7008"
name = "say \"hello\""
backlog = 16
reuse_port = true
accept_on = "every_loop"
dual_stack = false
no_delay = false
keepalive = "0s"
receive_buffer = 65536
send_buffer = 32768
unix_mode = "0600"
max_datagram = 512
outbox_high = 2048
outbox_low = 1024
outbox_hard = 4096
linger = "100ms"
framing = "line"
max = 1
log = false

[[listen]]
service = "chargen"
endpoint = "udp://127.0.0.1:0"
udp = true

[[listen]]
service = "daytime"
endpoint = "unix:@clock"
format = "iso8601"
zone = "local"
)";

} // namespace

TEST_CASE("config text: printed and read again, is the same configuration", "[eddyd][config]") {
    const auto known = registry::standard();
    const auto original = parse_config(unusual, "unusual.toml", known);
    const auto text = config_text(original, known);

    const auto again = parse_config(text, "printed.toml", known);

    CHECK(config_text(again, known) == text);
    // Every line of the original stands in the text, so nothing fell back to its default.
    std::istringstream lines(unusual);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(text.find(line + '\n') != std::string::npos);
    }
}

TEST_CASE("config text: defaults, are printed with what they mean", "[eddyd][config]") {
    const auto known = registry::standard();
    eddyd::config standard;
    standard.listeners = eddyd::standard_listeners(known);

    const auto text = config_text(standard, known);

    CHECK(text.starts_with("# The configuration of eddyd; see eddyd.toml(5).\n\n[server]\n# Loops,")
    );
    CHECK(text.find("\nworkers = 1\n") != std::string::npos);
    CHECK(text.find("\nendpoint = \"udp://127.0.0.1:7008\"\n") != std::string::npos);
    CHECK(config_text(parse_config(text, "printed.toml", known), known) == text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        CHECK(line.size() <= 80);
    }
}
