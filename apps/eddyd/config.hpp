// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/log.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/server/server.hpp>
#include <eddy/services/registry.hpp>

#include <string>
#include <vector>

namespace eddyd {

/// One `[[listen]]` table, or one `--listen`.
struct listen_config {
    std::string service = "echo";
    eddy::endpoint at = "tcp://127.0.0.1:7007";
    eddy::listen_options options;
    eddy::services::option_values service_options; ///< All that the service has.
    eddy::handler what;
    std::string origin; ///< Where it was written, as messages name it: "eddyd.toml:5:1".
};

/// Everything that eddyd can be told. Read by `load_config`, written by `config_text`.
struct config {
    eddy::server_config server;
    eddy::log::level log_level = eddy::log::level::info;
    eddy::log::format log_format = eddy::log::format::text;
    std::vector<listen_config> listeners;
};

} // namespace eddyd
