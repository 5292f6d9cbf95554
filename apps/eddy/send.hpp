// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/endpoint.hpp>

#include <optional>
#include <string>

namespace client {

/// `eddy send`: sends a message and prints the reply.
struct send_options {
    eddy::endpoint where;
    std::optional<std::string>
        message; ///< Otherwise asked for on a terminal, or read from standard input.
    eddy::duration timeout;
};

/// Throws `failure`.
void run_send(const send_options& options);

} // namespace client
