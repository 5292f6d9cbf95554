// SPDX-License-Identifier: BSL-1.0
#include "command_line.hpp"

#include "config_error.hpp"

#include <CLI/CLI.hpp>

#include <string_view>
#include <vector>

namespace eddyd {
namespace {

using eddy::services::option_error;

constexpr auto description = "Serves echo, message-reply and the classic small network services.";

constexpr auto footer = R"(
Without --config and --listen it serves echo on port 7007 and message-reply on
port 7008 of 127.0.0.1, over TCP and UDP.

Services: echo, message-reply, discard, chargen, daytime, time; relay from a
file alone.
Endpoints: tcp://host:port, udp://host:port, unix:/path, unixgram:/path, fd:3,
stdio:. Port 0 lets the system choose; the line that says "ready" names it.

SIGTERM and SIGINT let sessions finish, a second one or SIGQUIT ends them. Exit
status: 0 all sessions finished, 1 some were forced, 2 bad configuration, 3 an
endpoint could not be bound, 4 anything else. See eddyd(8) and eddyd.toml(5).)";

[[noreturn]] void refuse_unknown(const CLI::App& app, const std::string& argument) {
    const auto word = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    for (const auto* each : app.get_options()) {
        names.push_back("--" + each->get_lnames().front());
    }
    const bool is_option = word.starts_with('-');
    throw config_error(
        "eddyd",
        word,
        option_error(
            word,
            is_option ? "there is no such option" : "it belongs to no option",
            is_option ? eddy::services::did_you_mean(
                            word, std::vector<std::string_view>(names.begin(), names.end())
                        )
                      : "see eddyd --help"
        )
    );
}

} // namespace

command_line parse_command_line(int argc, const char* const* argv) {
    using action = command_line::action;
    command_line given;
    bool check = false;
    bool print_config = false;
    bool version = false;

    CLI::App app(description, "eddyd");
    app.footer(footer);
    app.allow_extras();
    app.add_option("--listen", given.listen, "Serve there; may be repeated")
        ->type_name("SERVICE=ENDPOINT")
        ->allow_extra_args(false);
    app.add_option("--config", given.config_file, "Read this TOML file")->type_name("FILE");
    app.add_option("--workers", given.workers, "Threads that serve sessions")->type_name("N");
    app.add_option("--log-level", given.log_level, "debug, info, warning, error or off")
        ->type_name("LEVEL");
    app.add_option("--log-format", given.log_format, "text or json")->type_name("FORMAT");
    app.add_flag("--check", check, "Check the configuration and exit");
    app.add_flag("--print-config", print_config, "Print the configuration in effect and exit");
    auto* version_flag = app.add_flag("--version", version, "Print the version and exit");
    app.add_flag("--verbose", given.is_verbose, "With --version: how it was built")
        ->needs(version_flag);

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        given.wanted = action::print_help;
        given.help = app.help();
        return given;
    } catch (const CLI::ParseError& fault) {
        throw config_error(std::string("eddyd: ") + fault.what() + "; see eddyd --help");
    }
    if (const auto extra = app.remaining(); !extra.empty()) {
        refuse_unknown(app, extra.front());
    }
    given.wanted = version        ? action::print_version
                   : check        ? action::check
                   : print_config ? action::print_config
                                  : action::serve;
    return given;
}

} // namespace eddyd
