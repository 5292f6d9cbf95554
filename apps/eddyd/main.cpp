// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>
#include <eddy/server/process.hpp>
#include <eddy/version.hpp>

#include "command_line.hpp"
#include "config_error.hpp"
#include "config_text.hpp"
#include "load_config.hpp"
#include "serve.hpp"

#include <cstdio>
#include <exception>
#include <string>

namespace {

using eddyd::command_line;

std::string version_text(bool is_verbose) {
    std::string text = "eddyd " + std::string(eddy::version()) + '\n';
    if (is_verbose) {
        for (const auto& feature : eddy::build_features()) {
            text += std::string(feature.name) + ": " + std::string(feature.value) + '\n';
        }
    }
    return text;
}

int print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
        std::perror("eddyd: standard output");
        return eddyd::cannot_run;
    }
    return 0;
}

/// What the environment says about engines is checked with the rest of the configuration.
void check_engine(const std::string& name) {
    try {
        static_cast<void>(eddy::make_engine(name));
    } catch (const eddy::error& fault) {
        throw eddyd::config_error("eddyd: " + std::string(fault.what()));
    }
}

int carry_out(const command_line& given) {
    using action = command_line::action;
    if (given.wanted == action::print_help) {
        return print(given.help);
    }
    if (given.wanted == action::print_version) {
        return print(version_text(given.is_verbose));
    }
    const auto known = eddy::services::registry::standard();
    const auto wanted = eddyd::load_config(given, known);
    eddy::log::set_level(wanted.log_level);
    eddy::log::set_format(wanted.log_format);
    check_engine(wanted.server.engine);
    if (given.wanted == action::check) {
        return print("eddyd: the configuration is good\n");
    }
    if (given.wanted == action::print_config) {
        return print(eddyd::config_text(wanted, known));
    }
    return eddyd::serve(wanted);
}

int refuse(const char* prefix, const std::exception& fault, int status) {
    std::fprintf(stderr, "%s%s\n", prefix, fault.what());
    return status;
}

} // namespace

int main(int argc, char** argv) {
    eddy::prepare_process();
    try {
        return carry_out(eddyd::parse_command_line(argc, argv));
    } catch (const eddyd::config_error& fault) {
        return refuse(
            "", fault, eddyd::bad_configuration
        ); // begins with a file's name or with ours
    } catch (const eddy::error& fault) {
        return refuse("eddyd: ", fault, eddyd::cannot_bind);
    } catch (const std::exception& fault) {
        return refuse("eddyd: ", fault, eddyd::cannot_run);
    }
}
