// SPDX-License-Identifier: BSL-1.0
#include "command_line.hpp"

#include <eddy/version.hpp>

#include "echo.hpp"
#include "load_datagrams.hpp"
#include "load_options.hpp"
#include "ping.hpp"
#include "send.hpp"
#include "target.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

namespace client {
namespace {

constexpr std::uint16_t echo_port = 7007; // where eddyd serves echo when it is not told otherwise
constexpr double day = 86'400;            // in seconds; the longest time that makes sense here

constexpr auto footer =
    R"(Exit status: 0 success, 1 wrong answer, 2 bad usage, 3 connection refused,
4 closed early, 5 timed out, 6 not permitted, 7 anything else. See eddy(1).)";

eddy::duration to_duration(double seconds) {
    return std::chrono::duration_cast<eddy::duration>(std::chrono::duration<double>(seconds));
}

/// Adds an option that takes a time in seconds, above zero.
CLI::Option*
add_seconds(CLI::App& to, const std::string& names, double& into, const std::string& help) {
    return to.add_option(names, into, help)->option_text("SECONDS")->check(CLI::Range(0.001, day));
}

/// What one subcommand is given. Filled while the line is parsed, used when the command runs.
struct client_arguments {
    target to;
    std::string text;
    double timeout = 5;
};

CLI::Option* add_port(CLI::App& to, client_arguments& given, const std::string& help) {
    return to.add_option("PORT", given.to.port, help)->check(CLI::Range(1, 65'535));
}

void add_echo(CLI::App& program, command& chosen) {
    auto* app =
        program.add_subcommand("echo", "Send a word to an echo service and check what comes back");
    auto given = std::make_shared<client_arguments>();
    given->to.port = echo_port;
    app->add_option("ADDRESS", given->to.host, "Host name, address, or endpoint such as unix:/path")
        ->required();
    app->add_option("WORD", given->text, "What to send")->required();
    add_port(*app, *given, "Port number (7007)");
    app->add_flag("-u,--udp", given->to.over_udp, "Send a datagram");
    add_seconds(*app, "-W,--timeout", given->timeout, "How long to wait for the echo (5)");
    app->callback([given, &chosen] {
        const echo_options options{
            to_endpoint(given->to), given->text, to_duration(given->timeout)
        };
        chosen = [options] { run_echo(options); };
    });
}

void add_send(CLI::App& program, command& chosen) {
    auto* app = program.add_subcommand("send", "Send a message and print the reply");
    auto given = std::make_shared<client_arguments>();
    app->add_option("HOST", given->to.host, "Host name or address")->required();
    add_port(*app, *given, "Port number")->required();
    auto* message = app->add_option(
        "MESSAGE", given->text, "What to send; otherwise asked for, or read from a pipe"
    );
    app->add_flag("-u,--udp", given->to.over_udp, "Send a datagram");
    add_seconds(*app, "-W,--timeout", given->timeout, "How long to wait for the reply (5)");
    app->callback([given, message, &chosen] {
        send_options options{to_endpoint(given->to), std::nullopt, to_duration(given->timeout)};
        if (!message->empty()) {
            options.message = given->text;
        }
        chosen = [options] { run_send(options); };
    });
}

void add_ping(CLI::App& program, command& chosen) {
    struct arguments {
        ping_options options;
        double interval = 1;
        double timeout = 1;
        bool only_v4 = false;
        bool only_v6 = false;
    };
    auto* app =
        program.add_subcommand("ping", "Ask a host for ICMP echoes (needs the right CAP_NET_RAW)");
    auto given = std::make_shared<arguments>();
    app->add_option("HOST", given->options.host, "Host name or address")->required();
    app->add_option(
           "-c,--count", given->options.count, "Requests to send; 0: until interrupted (4)"
    )
        ->option_text("N")
        ->check(CLI::NonNegativeNumber);
    add_seconds(*app, "-i,--interval", given->interval, "Time from one request to the next (1)");
    add_seconds(*app, "-W,--timeout", given->timeout, "How long to wait for each reply (1)");
    auto* v4 = app->add_flag("-4,--ipv4", given->only_v4, "Use an IPv4 address of the host");
    app->add_flag("-6,--ipv6", given->only_v6, "Use an IPv6 address of the host")->excludes(v4);
    app->callback([given, &chosen] {
        auto options = given->options;
        options.interval = to_duration(given->interval);
        options.timeout = to_duration(given->timeout);
        if (given->only_v4 || given->only_v6) {
            options.family =
                given->only_v4 ? eddy::address::family::ipv4 : eddy::address::family::ipv6;
        }
        chosen = [options] { run_ping(options); };
    });
}

struct load_arguments {
    std::string endpoint;
    std::size_t connections = 1;
    std::size_t size = 64;
    std::size_t depth = 1;
    double seconds = 10;
    std::uint64_t messages = 0;
    double timeout = 0; // 0: not given
    bool as_json = false;
    std::string chart;

    [[nodiscard]] load_options to_options(bool has_seconds) const;
};

load_options load_arguments::to_options(bool has_seconds) const {
    constexpr double stream_timeout = 5;
    constexpr double datagram_timeout = 1;
    constexpr std::size_t datagram_max = 65'507;
    load_options options{.where = endpoint};
    using transport = eddy::endpoint::transport;
    const auto kind = options.where.kind();
    if (kind != transport::tcp && kind != transport::udp && kind != transport::unix_stream) {
        throw CLI::ValidationError(
            "ENDPOINT", endpoint + ": load takes tcp://, udp:// and unix: endpoints"
        );
    }
    const bool is_datagram = kind == transport::udp;
    if (is_datagram && (size < load_datagrams::header_size || size > datagram_max)) {
        throw CLI::ValidationError(
            "--size",
            fmt::format(
                "a datagram has {} to {} bytes here", load_datagrams::header_size, datagram_max
            )
        );
    }
    options.connections = connections;
    options.size = size;
    options.depth = depth;
    if (messages != 0) {
        options.messages = messages;
    }
    if (has_seconds || messages == 0) {
        options.time = to_duration(seconds);
    }
    options.timeout = to_duration(
        timeout != 0  ? timeout
        : is_datagram ? datagram_timeout
                      : stream_timeout
    );
    options.as_json = as_json;
    options.chart = chart;
    return options;
}

void add_load(CLI::App& program, command& chosen) {
    constexpr std::size_t connections_max = 100'000;
    constexpr std::size_t size_max = 16 * 1024 * 1024;
    constexpr std::size_t depth_max = 65'536;
    auto* app =
        program.add_subcommand("load", "Load an echo service, check every byte, and measure");
    auto given = std::make_shared<load_arguments>();
    app->add_option("ENDPOINT", given->endpoint, "tcp://host:port, udp://host:port or unix:/path")
        ->required();
    app->add_option("--connections", given->connections, "Connections, or sockets (1)")
        ->option_text("N")
        ->check(CLI::Range(std::size_t(1), connections_max));
    app->add_option("--size", given->size, "Bytes in a message (64)")
        ->option_text("BYTES")
        ->check(CLI::Range(std::size_t(1), size_max));
    app->add_option(
           "--depth", given->depth, "Messages of a connection that are out at the same time (1)"
    )
        ->option_text("N")
        ->check(CLI::Range(std::size_t(1), depth_max));
    auto* seconds = add_seconds(
        *app, "--seconds", given->seconds, "How long to send (10, unless --messages is given)"
    );
    app->add_option("--messages", given->messages, "Messages to send, of all connections together")
        ->option_text("N")
        ->check(CLI::PositiveNumber);
    add_seconds(
        *app,
        "-W,--timeout",
        given->timeout,
        "Silence after which a stream has failed (5) or a datagram is lost (1)"
    );
    app->add_flag("--json", given->as_json, "Print the report as JSON");
    app->add_option("--chart", given->chart, "Write a chart of the latencies")
        ->option_text("FILE.svg");
    app->callback([given, seconds, &chosen] {
        const auto options = given->to_options(!seconds->empty());
        chosen = [options] { run_load(options); };
    });
}

bool has_subcommand(const CLI::App& program, const std::string& name) {
    const auto all = program.get_subcommands([](const CLI::App*) { return true; });
    return std::ranges::any_of(all, [&](const auto* each) { return each->get_name() == name; });
}

/// Throws when the first word is no command: CLI11 would only miss one.
void check_name(const CLI::App& program, int argc, const char* const* argv) {
    const std::string name = argc > 1 ? argv[1] : "-";
    if (!name.starts_with('-') && !has_subcommand(program, name)) {
        throw CLI::ValidationError(name, "there is no such command; use echo, send, ping or load");
    }
}

/// The text that CLI11 would print, and our status for it.
answer answer_to(const CLI::App& program, const CLI::ParseError& stopped) {
    std::ostringstream out;
    std::ostringstream err;
    const bool is_success = program.exit(stopped, out, err) == 0;
    out << '\n';
    return {
        is_success ? out.str() : "eddy: " + err.str(),
        is_success ? exit_status::success : exit_status::bad_usage
    };
}

} // namespace

command_line parse_command_line(int argc, const char* const* argv) {
    command_line parsed;
    command chosen;
    CLI::App program("Tries out, loads and measures network services.", "eddy");
    program.set_version_flag("--version", "eddy " + std::string(eddy::version()));
    program.footer(footer);
    program.require_subcommand(1);
    add_echo(program, chosen);
    add_send(program, chosen);
    add_ping(program, chosen);
    add_load(program, chosen);
    try {
        check_name(program, argc, argv);
        program.parse(argc, argv);
        parsed.name = program.get_subcommands().front()->get_name();
        parsed.wanted = std::move(chosen);
    } catch (const CLI::ParseError& stopped) {
        parsed.wanted = answer_to(program, stopped);
    } catch (const eddy::error& wrong) {
        parsed.wanted = answer{std::string("eddy: ") + wrong.what() + '\n', exit_status::bad_usage};
    }
    return parsed;
}

} // namespace client
