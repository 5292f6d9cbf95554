// SPDX-License-Identifier: BSL-1.0
#include "config_file.hpp"

#include "config_error.hpp"
#include "listen.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using eddy::services::registry;
using eddyd::parse_config;

namespace {

/// What eddyd says about a file of that content.
std::string complaint_about(std::string_view text) {
    try {
        static_cast<void>(parse_config(text, "eddyd.toml", registry::standard()));
    } catch (const eddyd::config_error& fault) {
        return fault.what();
    }
    return "accepted";
}

struct bad_file {
    std::string_view text;
    std::string_view message;
};

// clang-format off
constexpr auto bad_tables = std::to_array<bad_file>({
    {"server = 1", "eddyd.toml:1:10: server: it is not a table; write [server]"},
    {"[[server]]", "eddyd.toml:1:1: server: it is not a table; write [server]"},
    {"[sever]", "eddyd.toml:1:2: sever: there is no such key; did you mean \"server\"?"},
    {"[[listne]]", "eddyd.toml:1:3: listne: there is no such key; did you mean \"listen\"?"},
    {"workers = 2", "eddyd.toml:1:1: workers: there is no such key; write \"server\" or \"listen\""},
    {"\"a\\nb\" = 1", "eddyd.toml:1:1: a\\nb: there is no such key; write \"server\" or \"listen\""},
    {"listen = 1", "eddyd.toml:1:10: listen: it is not a list of tables; write [[listen]]"},
    {"[listen]\nservice = \"echo\"", "eddyd.toml:1:1: listen: it is not a list of tables; write [[listen]]"},
    {"listen = [1]", "eddyd.toml:1:11: listen: it is not a list of tables; write [[listen]]"},
    {"[server]\n[sever]\n[listne]", "eddyd.toml:2:2: sever: there is no such key; did you mean \"server\"?"},
});

constexpr auto bad_server = std::to_array<bad_file>({
    {"worker = 2", "2:1: server.worker: there is no such key; did you mean \"workers\"?"},
    {"log-level = \"info\"", "2:1: server.log-level: there is no such key; did you mean \"log_level\"?"},
    {"port = 7", "2:1: server.port: there is no such key; write \"workers\", \"engine\", \"drain_delay\", \"drain_timeout\", \"drain_idle_grace\", \"drain_spread\", \"watchdog\", \"max_sessions\", \"max_sessions_per_source\", \"accept_rate\", \"accept_rate_per_source\", \"memory_soft\", \"memory_hard\", \"log_level\" or \"log_format\""},
    {"workers = 0", "2:11: server.workers: 0 is out of range; write a whole number from 1 to 1024"},
    {"workers = 1025", "2:11: server.workers: 1025 is out of range; write a whole number from 1 to 1024"},
    {"workers = -1", "2:11: server.workers: -1 is out of range; write a whole number from 1 to 1024"},
    {"workers = 1.5", "2:11: server.workers: it is a number with a fraction; write a whole number from 1 to 1024"},
    {"workers = \"two\"", "2:11: server.workers: it is a text; write a whole number from 1 to 1024"},
    {"workers = true", "2:11: server.workers: it is true or false; write a whole number from 1 to 1024"},
    {"workers = [2]", "2:11: server.workers: it is an array; write a whole number from 1 to 1024"},
    {"workers = {n = 2}", "2:11: server.workers: it is a table; write a whole number from 1 to 1024"},
    {"workers = 2026-11-23", "2:11: server.workers: it is a date or time; write a whole number from 1 to 1024"},
    {"engine = \"asoi\"", "2:10: server.engine: there is no \"asoi\"; did you mean \"asio\"?"},
    {"engine = \"kqueue\"", "2:10: server.engine: there is no \"kqueue\"; write \"auto\", \"uring\", \"epoll\" or \"asio\""},
    {"engine = 1", "2:10: server.engine: it is a whole number; write \"auto\", \"uring\", \"epoll\" or \"asio\""},
    {"drain_timeout = 15", "2:17: server.drain_timeout: it is a whole number; write a number with its unit, as in \"500ms\", \"15s\", \"2m\" or \"1h\""},
    {"drain_timeout = \"15\"", "2:17: server.drain_timeout: \"15\" has no unit; write \"15s\""},
    {"drain_timeout = \"15sec\"", "2:17: server.drain_timeout: \"15sec\" has an unknown unit; write a number with its unit, as in \"500ms\", \"15s\", \"2m\" or \"1h\""},
    {"drain_timeout = \"-1s\"", "2:17: server.drain_timeout: \"-1s\" is too short; write at least \"0s\""},
    {"drain_timeout = \"25h\"", "2:17: server.drain_timeout: \"25h\" is too long; write at most \"24h\""},
    {"watchdog = \"9ms\"", "2:12: server.watchdog: \"9ms\" is too short; write at least \"10ms\", or \"0s\" for none"},
    {"memory_soft = 1048575", "2:15: server.memory_soft: 1048575 bytes are too few; write 1048576 or more, or 0 for no mark"},
    {"memory_hard = 1", "2:15: server.memory_hard: 1 bytes are too few; write 1048576 or more, or 0 for no mark"},
    {"memory_hard = 2000000\nmemory_soft = 2000001", "3:15: server.memory_soft: 2000001 is more than memory_hard; write at most 2000000"},
    {"log_level = \"loud\"", "2:13: server.log_level: there is no \"loud\"; write \"debug\", \"info\", \"warning\", \"error\" or \"off\""},
    {"log_level = \"warn\"", "2:13: server.log_level: there is no \"warn\"; write \"debug\", \"info\", \"warning\", \"error\" or \"off\""},
    {"log_format = \"jsn\"", "2:14: server.log_format: there is no \"jsn\"; did you mean \"json\"?"},
    {"log_format = false", "2:14: server.log_format: it is true or false; write \"text\" or \"json\""},
});

constexpr auto bad_listeners = std::to_array<bad_file>({
    {"[[listen]]", "1:1: listen.service: it is missing; write which one: service = \"echo\""},
    {"[[listen]]\nendpoint = \"tcp://127.0.0.1:1\"", "1:1: listen.service: it is missing; write which one: service = \"echo\""},
    {"[[listen]]\nservice = \"echo\"", "1:1: listen.endpoint: it is missing; write where: endpoint = \"tcp://127.0.0.1:7007\""},
    {"[[listen]]\nservice = 7", "2:11: listen.service: it is a whole number; write a text in quotes"},
    {"[[listen]]\nservice = \"ehco\"", "2:11: listen.service: there is no service \"ehco\"; did you mean \"echo\"?"},
    {"[[listen]]\nservice = \"message_reply\"", "2:11: listen.service: there is no service \"message_reply\"; did you mean \"message-reply\"?"},
});

// Added to a listener of that service on tcp://127.0.0.1:7007; the first line is line 4.
struct bad_option {
    std::string_view service;
    std::string_view line;
    std::string_view message;
};

constexpr auto bad_options = std::to_array<bad_option>({
    {"discard", "udp = true", "4:1: listen.udp: there is no such key; write \"service\", \"endpoint\", \"name\", \"backlog\", \"reuse_port\", \"accept_on\", \"dual_stack\", \"no_delay\", \"keepalive\", \"receive_buffer\", \"send_buffer\", \"unix_mode\", \"max_datagram\", \"outbox_high\", \"outbox_low\", \"outbox_hard\", \"linger\", \"max_sessions\", \"when_full\", \"refusal\", \"proxy_protocol\", \"proxy_trusted\", \"proxy_untrusted\", \"proxy_header\", \"handshake\", \"first_byte\", \"idle\", \"frame\", \"min_rate\", \"write_stall\" or \"lifetime\""},
    {"echo", "allows = \"any\"", "4:1: listen.allows: there is no such key; did you mean \"allow\"?"},
    {"echo", "allow = \"lan\"", "4:9: listen.allow: \"lan\" is no range of addresses; write ranges, as in \"192.0.2.0/24 2001:db8::/32\", or loopback, site or any"},
    {"echo", "reply_rate = -1", "4:14: listen.reply_rate: -1 is out of range; write a whole number from 0 to 10000000"},
    {"echo", "reply_silence = \"2h\"", "4:17: listen.reply_silence: \"2h\" is too long; write at most \"1h\""},
    {"echo", "bakclog = 1", "4:1: listen.bakclog: there is no such key; did you mean \"backlog\"?"},
    {"echo", "backlog = 0", "4:11: listen.backlog: 0 is out of range; write a whole number from 1 to 65535"},
    {"echo", "reuse_port = 1", "4:14: listen.reuse_port: it is a whole number; write true or false"},
    {"echo", "accept_on = \"all\"", "4:13: listen.accept_on: there is no \"all\"; write \"first_loop\" or \"every_loop\""},
    {"echo", "dual_stack = \"no\"", "4:14: listen.dual_stack: it is a text; write true or false"},
    {"echo", "keepalive = \"1500ms\"", "4:13: listen.keepalive: \"1500ms\" is no whole number of seconds; write \"2s\""},
    {"echo", "keepalive = \"10h\"", "4:13: listen.keepalive: \"10h\" is too long; write at most \"32767s\""},
    {"echo", "max_datagram = 65536", "4:16: listen.max_datagram: 65536 is out of range; write a whole number from 1 to 65535"},
    {"echo", "unix_mode = \"0999\"", "4:13: listen.unix_mode: \"0999\" is not a set of permission bits; write octal digits, as in \"0660\""},
    {"echo", "unix_mode = \"01777\"", "4:13: listen.unix_mode: \"01777\" is not a set of permission bits; write octal digits, as in \"0660\""},
    {"echo", "unix_mode = 432", "4:13: listen.unix_mode: it is a whole number; write a text in quotes"},
    {"echo", "when_full = \"reply\"", "4:13: listen.when_full: \"reply\" has nothing to say; write what to send as refusal"},
    {"echo", "outbox_low = 65537", "4:14: listen.outbox_low: 65537 is more than outbox_high; write at most 65536"},
    {"echo", "proxy_protocol = \"require\"", "4:18: listen.proxy_protocol: \"require\" trusts nobody; write the addresses of the proxies as proxy_trusted"},
    {"echo", "proxy_trusted = \"loopback\"", "4:17: listen.proxy_trusted: no header is read; write proxy_protocol = \"require\" as well, or leave it out"},
    {"echo", "proxy_trusted = \"nowhere\"", "4:17: listen.proxy_trusted: \"nowhere\" is no range of addresses; write ranges, as in \"192.0.2.0/24 2001:db8::/32\", or loopback, site or any"},
    {"echo", "outbox_hard = 65535", "1:1: listen.outbox_high: 65536 is more than outbox_hard; write at most 65535"},
    {"echo", "name = 1", "4:8: listen.name: it is a whole number; write a text in quotes"},
    {"echo", "linger = \"2 s\"", "4:10: listen.linger: \"2 s\" has an unknown unit; write a number with its unit, as in \"500ms\", \"15s\", \"2m\" or \"1h\""},
    {"message-reply", "framing = \"lines\"", "4:11: listen.framing: there is no \"lines\"; did you mean \"line\"?"},
    {"message-reply", "max = 0", "4:7: listen.max: 0 is out of range; write a whole number from 1 to 65535"},
    {"message-reply", "log = \"yes\"", "4:7: listen.log: it is a text; write true or false"},
    {"message-reply", "framin = 1", "4:1: listen.framin: there is no such key; did you mean \"framing\"?"},
    {"chargen", "udp = \"on\"", "4:7: listen.udp: it is a text; write true or false"},
    {"daytime", "format = \"iso\"", "4:10: listen.format: there is no \"iso\"; write \"rfc867\", \"ctime\" or \"iso8601\""},
    {"daytime", "zone = \"UTC\"", "4:8: listen.zone: there is no \"UTC\"; did you mean \"utc\"?"},
});

constexpr auto bad_endpoints = std::to_array<bad_file>({
    {"7007", "\"7007\": the scheme is missing; write \"tcp://[::]:7007\""},
    {"tpc://127.0.0.1:7", "\"tpc://127.0.0.1:7\": there is no scheme \"tpc\"; did you mean \"tcp\"?"},
    {"tcp://127.0.0.1", "\"tcp://127.0.0.1\": the port is missing; write \"tcp://127.0.0.1:port\""},
    {"icmp://127.0.0.1", "\"icmp://127.0.0.1\" is for use inside programs; write a tcp://, udp://, unix:, unixgram:, fd: or stdio: endpoint"},
    {"mem:here", "\"mem:here\" is for use inside programs; write a tcp://, udp://, unix:, unixgram:, fd: or stdio: endpoint"},
    {"udp://127.0.0.1:19", "chargen does not answer datagrams on \"udp://127.0.0.1:19\"; write udp = true in a configuration file if it must"},
});
// clang-format on

} // namespace

TEST_CASE("config file: wrong table, is refused with its place", "[eddyd][config]") {
    for (const auto& [text, message] : bad_tables) {
        CAPTURE(text);
        CHECK(complaint_about(text) == message);
    }
}

TEST_CASE(
    "config file: wrong setting of the server, is refused with its place", "[eddyd][config]"
) {
    for (const auto& [line, message] : bad_server) {
        CHECK(
            complaint_about("[server]\n" + std::string(line)) ==
            "eddyd.toml:" + std::string(message)
        );
    }
}

TEST_CASE(
    "config file: letters that are not ASCII, only in quotes and comments", "[eddyd][config]"
) {
    const auto each = GENERATE(values<bad_file>({
        {"ver\xd0\xa4\n", "1:4"},
        {"# \xd0\xa4\n\n \xd0\xa4", "3:2"},
        {"a = \"\"\"\\\n  \xd0\xa4\"\"\"", "2:3"},
        {"a = \"\xd0\xa4\n\xd0\xa4\"", "2:1"},
    }));
    CHECK(
        complaint_about(each.text) ==
        "eddyd.toml:" + std::string(each.message) +
            ": toml: there is a letter outside of quotes that is not ASCII; put it in quotes"
    );
}

TEST_CASE("config file: letters that are not ASCII in quotes and comments, are taken", "[eddyd]") {
    CHECK(
        complaint_about("# \xd0\xa4\n[[listen]] # \xd0\xa4\nservice = \"echo\"\n"
                        "endpoint = \"stdio:\"\nname = '''\xd0\xa4'\xd0\xa4'''\n") == "accepted"
    );
}

TEST_CASE("config file: incomplete listener, is refused with its place", "[eddyd][config]") {
    for (const auto& [text, message] : bad_listeners) {
        CHECK(complaint_about(text) == "eddyd.toml:" + std::string(message));
    }
}

TEST_CASE(
    "config file: wrong setting of a listener, is refused with its place", "[eddyd][config]"
) {
    for (const auto& [service, line, message] : bad_options) {
        const std::string text = "[[listen]]\nservice = \"" + std::string(service) +
                                 "\"\nendpoint = \"tcp://127.0.0.1:7007\"\n" + std::string(line);
        CHECK(complaint_about(text) == "eddyd.toml:" + std::string(message));
    }
}

TEST_CASE(
    "config file: endpoint that the service cannot have, is refused with its place",
    "[eddyd][config]"
) {
    for (const auto& [at, message] : bad_endpoints) {
        const std::string text =
            "[[listen]]\nservice = \"chargen\"\nendpoint = \"" + std::string(at) + '"';
        CHECK(complaint_about(text) == "eddyd.toml:3:12: listen.endpoint: " + std::string(message));
    }
}

TEST_CASE("config file: text that is no TOML, is refused with its place", "[eddyd][config]") {
    const auto& [text, place] = GENERATE(
        bad_file{"[server", "eddyd.toml:1:8: toml: "},
        bad_file{"[server]\nworkers =", "eddyd.toml:2:10: toml: "},
        bad_file{"[server]\nworkers = 1\nworkers = 2", "eddyd.toml:3:"},
        bad_file{"[server]\n[server]", "eddyd.toml:2:"},
        bad_file{"a = \"\xff\"", "eddyd.toml:1:5: toml: "},
        bad_file{"a = \"open", "eddyd.toml:1:10: toml: "},
        bad_file{"= 1", "eddyd.toml:1:1: toml: "}
    );
    const auto complaint = complaint_about(text);

    CAPTURE(complaint);
    CHECK(complaint.starts_with(place));
    CHECK(complaint.ends_with("; correct it; https://toml.io has the grammar"));
}

TEST_CASE("config file: every kind of setting, is taken", "[eddyd][config]") {
    const auto made = parse_config(
        R"(
[server]
workers = 4
engine = "asio"
max_sessions = 1000
max_sessions_per_source = 10
accept_rate = 500
drain_timeout = "1500ms"
log_level = "debug"
log_format = "json"

[[listen]]
service = "message-reply"
framing = "line"
max = 80
log = false
endpoint = "unix:/run/mail.sock"
name = "mail"
unix_mode = "0660"
outbox_high = 4096
outbox_low = 1024
linger = "0s"
max_sessions = 7
when_full = "reply"
refusal = "busy"
proxy_protocol = "require"
proxy_trusted = "192.0.2.0/24, loopback"
proxy_untrusted = "serve"
proxy_header = "4s"
handshake = "7s"
first_byte = "1s"
idle = "2s"
frame = "3s"
min_rate = 4
write_stall = "5s"
lifetime = "6s"
)",
        "eddyd.toml",
        registry::standard()
    );

    CHECK(made.server.workers == 4);
    CHECK(made.server.engine == "asio");
    CHECK(made.server.max_sessions == 1000);
    CHECK(made.server.max_sessions_per_source == 10);
    CHECK(made.server.accept_rate == 500);
    CHECK(made.server.drain_timeout == 1500ms);
    CHECK(made.log_level == eddy::log::level::debug);
    CHECK(made.log_format == eddy::log::format::json);
    REQUIRE(made.listeners.size() == 1);
    const auto& listener = made.listeners.front();
    CHECK(listener.service == "message-reply");
    CHECK(listener.at == eddy::endpoint("unix:/run/mail.sock"));
    CHECK(listener.what.takes_sessions());
    CHECK(listener.options.name == "mail");
    CHECK(listener.options.socket.unix_mode == 0660);
    CHECK(listener.options.limits.high == 4096);
    CHECK(listener.options.limits.low == 1024);
    CHECK(listener.options.linger == 0s);
    CHECK(listener.options.max_sessions == 7);
    CHECK(listener.options.full == eddy::when_full::reply);
    CHECK(listener.options.refusal == "busy");
    const auto& proxy = listener.options.proxy;
    CHECK(proxy.mode == eddy::proxy_protocol::require);
    REQUIRE(proxy.trusted.size() == 3);
    CHECK(proxy.trusted.front().to_string() == "192.0.2.0/24");
    CHECK(proxy.untrusted == eddy::when_untrusted::serve);
    const auto& deadlines = listener.options.limits.deadlines;
    CHECK(deadlines.proxy_header == 4s);
    CHECK(deadlines.handshake == 7s);
    CHECK(deadlines.first_byte == 1s);
    CHECK(deadlines.idle == 2s);
    CHECK(deadlines.frame == 3s);
    CHECK(deadlines.min_rate == 4);
    CHECK(deadlines.write_stall == 5s);
    CHECK(deadlines.lifetime == 6s);
    CHECK(std::get<std::int64_t>(listener.service_options.at("max")) == 80);
    CHECK(listener.origin == "eddyd.toml:12:1");
}

TEST_CASE("config file: endpoint that is taken, is refused with both places", "[eddyd][config]") {
    const auto made = parse_config(
        R"([[listen]]
service = "echo"
endpoint = "tcp://127.0.0.1:7"

[[listen]]
service = "time"
endpoint = "tcp://127.0.0.1:7"
)",
        "eddyd.toml",
        registry::standard()
    );

    CHECK_THROWS_WITH(
        eddyd::refuse_duplicates(made.listeners),
        "eddyd.toml:5:1: listen.endpoint: \"tcp://127.0.0.1:7\" is taken by echo (eddyd.toml:1:1); "
        "remove one of them or choose another port"
    );
}

TEST_CASE("config file: nothing in it, leaves the defaults", "[eddyd][config]") {
    const auto made = parse_config("# nothing\n", "eddyd.toml", registry::standard());

    CHECK(made.server.workers == 1);
    CHECK(made.listeners.empty());
}

TEST_CASE("config file: file that cannot be read, is named with the cause", "[eddyd][config]") {
    const auto known = registry::standard();

    CHECK_THROWS_WITH(
        eddyd::read_config("/nowhere/eddyd.toml", known),
        "/nowhere/eddyd.toml: it cannot be read: No such file or directory; give --config the path "
        "of a TOML file"
    );
    CHECK_THROWS_WITH(
        eddyd::read_config("/", known),
        "/: it cannot be read: Is a directory; give --config the path of a TOML file"
    );
    CHECK_THROWS_WITH(
        eddyd::read_config("/dev/zero", known),
        "/dev/zero: it is longer than 1 MiB; give --config the path of a TOML file"
    );
}
