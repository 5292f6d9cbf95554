// SPDX-License-Identifier: BSL-1.0
#include "command_line.hpp"

#include "config_error.hpp"
#include "load_config.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <vector>

using eddy::services::registry;
using eddyd::command_line;

namespace {

command_line parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "eddyd");
    return eddyd::parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

eddyd::config loaded(const std::vector<const char*>& arguments) {
    return eddyd::load_config(parsed(arguments), registry::standard());
}

std::string complaint_about(const std::vector<const char*>& arguments) {
    try {
        loaded(arguments);
    } catch (const eddyd::config_error& fault) {
        return fault.what();
    }
    return "accepted";
}

struct bad_arguments {
    std::vector<const char*> arguments;
    std::string message;
};

} // namespace

TEST_CASE(
    "command line: nothing, serves echo and message-reply on loopback", "[eddyd][command_line]"
) {
    const auto made = loaded({});
    std::string served;
    for (const auto& each : made.listeners) {
        served += each.service + ' ' + each.at.to_string() + '\n';
    }

    CHECK(
        served == "echo tcp://127.0.0.1:7007\n"
                  "echo udp://127.0.0.1:7007\n"
                  "message-reply tcp://127.0.0.1:7008\n"
                  "message-reply udp://127.0.0.1:7008\n"
    );
    CHECK(parsed({}).wanted == command_line::action::serve);
}

TEST_CASE("command line: listeners, take the place of the standard ones", "[eddyd][command_line]") {
    const auto made =
        loaded({"--listen", "discard=tcp://127.0.0.1:0", "--listen=time=unix:/run/time.sock"});

    REQUIRE(made.listeners.size() == 2);
    CHECK(made.listeners[0].service == "discard");
    CHECK(made.listeners[1].at == eddy::endpoint("unix:/run/time.sock"));
}

TEST_CASE("command line: settings, overrule the defaults", "[eddyd][command_line]") {
    const auto made = loaded({"--workers", "3", "--log-level=error", "--log-format", "json"});

    CHECK(made.server.workers == 3);
    CHECK(made.log_level == eddy::log::level::error);
    CHECK(made.log_format == eddy::log::format::json);
}

TEST_CASE("command line: actions, are told apart", "[eddyd][command_line]") {
    using action = command_line::action;

    CHECK(parsed({"--check"}).wanted == action::check);
    CHECK(parsed({"--print-config"}).wanted == action::print_config);
    CHECK(parsed({"--version"}).wanted == action::print_version);
    CHECK(parsed({"--version", "--verbose"}).is_verbose);
    CHECK(parsed({"--help"}).wanted == action::print_help);
    CHECK(parsed({"-h"}).help.find("SIGTERM") != std::string::npos);
}

TEST_CASE("command line: help, names every service", "[eddyd][command_line]") {
    const auto help = parsed({"--help"}).help;
    const auto known = registry::standard();

    for (const auto& each : known.services()) {
        CHECK(help.find(each.name) != std::string::npos);
    }
}

TEST_CASE("command line: mistake, is told with its remedy", "[eddyd][command_line]") {
    const auto& [arguments, message] = GENERATE(
        bad_arguments{
            {"--lisen", "x"}, "eddyd: --lisen: there is no such option; did you mean \"--listen\"?"
        },
        bad_arguments{
            {"--worker=2"}, "eddyd: --worker: there is no such option; did you mean \"--workers\"?"
        },
        bad_arguments{{"serve"}, "eddyd: serve: it belongs to no option; see eddyd --help"},
        bad_arguments{
            {"--workers", "0"},
            "eddyd: --workers: 0 is out of range; write a whole number from 1 to 1024"
        },
        bad_arguments{
            {"--workers", "two"},
            "eddyd: --workers: \"two\" is not a whole number; write a whole number from 1 to 1024"
        },
        bad_arguments{
            {"--log-level", "inf"},
            "eddyd: --log-level: there is no \"inf\"; did you mean \"info\"?"
        },
        bad_arguments{
            {"--listen", "echo"},
            "eddyd: --listen: \"echo\" has no \"=\"; write SERVICE=ENDPOINT, as in "
            "\"echo=tcp://127.0.0.1:7007\""
        },
        bad_arguments{
            {"--listen", "ehco=tcp://127.0.0.1:1"},
            "eddyd: --listen: there is no service \"ehco\"; did you mean \"echo\"?"
        },
        bad_arguments{
            {"--listen", "echo=tcp:127.0.0.1:1"},
            "eddyd: --listen: \"tcp:127.0.0.1:1\": \"//\" is missing after the scheme; write "
            "\"tcp://127.0.0.1:1\""
        },
        bad_arguments{
            {"--listen", "chargen=udp://127.0.0.1:1"},
            "eddyd: --listen: chargen does not answer datagrams on \"udp://127.0.0.1:1\"; write "
            "udp "
            "= true in a configuration file if it must"
        },
        bad_arguments{
            {"--listen", "echo=tcp://127.0.0.1:1", "--listen", "time=tcp://127.0.0.1:1"},
            "eddyd: --listen: \"tcp://127.0.0.1:1\" is taken by echo (--listen); remove one of "
            "them "
            "or choose another port"
        },
        bad_arguments{{"--verbose"}, "eddyd: --verbose requires --version; see eddyd --help"}
    );

    CHECK(complaint_about(arguments) == message);
}

TEST_CASE(
    "command line: port that the system chooses, may be asked for twice", "[eddyd][command_line]"
) {
    CHECK(
        complaint_about({"--listen", "echo=tcp://127.0.0.1:0", "--listen", "echo=tcp://127.0.0.1:0"}
        ) == "accepted"
    );
}
