// SPDX-License-Identifier: BSL-1.0
#include "load_config.hpp"

#include "config_error.hpp"
#include "config_file.hpp"
#include "keys.hpp"
#include "listen.hpp"

#include <utility>

namespace eddyd {
namespace {

void overrule(
    config& into, std::string_view name, const char* flag, const std::optional<std::string>& typed
) {
    if (!typed) {
        return;
    }
    const auto* found = find_key(server_keys(), name);
    try {
        found->set(into, found->described.parsed(*typed));
    } catch (const eddy::services::option_error& fault) {
        throw config_error("eddyd", flag, fault);
    }
}

} // namespace

config load_config(const command_line& given, const eddy::services::registry& known) {
    config made;
    if (given.config_file) {
        made = read_config(*given.config_file, known);
    }
    overrule(made, "workers", "--workers", given.workers);
    overrule(made, "log_level", "--log-level", given.log_level);
    overrule(made, "log_format", "--log-format", given.log_format);
    for (const auto& each : given.listen) {
        made.listeners.push_back(parse_listen(each, known));
    }
    if (made.listeners.empty()) {
        made.listeners = standard_listeners(known);
    }
    refuse_duplicates(made.listeners);
    return made;
}

} // namespace eddyd
