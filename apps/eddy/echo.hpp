// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/endpoint.hpp>

#include <string>

namespace client {

/// `eddy echo`: sends a word to an echo service and checks what comes back.
struct echo_options {
    eddy::endpoint where;
    std::string word;
    eddy::duration timeout;
};

/// Throws `failure`.
void run_echo(const echo_options& options);

} // namespace client
