// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/net/endpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace client {

/// What `eddy load` was asked for.
struct load_options {
    eddy::endpoint where;
    std::size_t connections = 1;
    std::size_t size = 64; ///< Bytes in a message.
    std::size_t depth = 1; ///< Messages of one connection that are out at the same time.
    /// No message is begun after it; none: only `messages` ends the load.
    std::optional<eddy::duration> time = {};
    std::optional<std::uint64_t> messages = {}; ///< Of all connections together.
    /// A stream that says nothing for so long has failed; a datagram is lost.
    eddy::duration timeout = std::chrono::seconds(5);
    bool as_json = false;
    std::string chart = {}; ///< A file for the latency chart; empty: none.
};

/// Runs the load and prints the report. Throws `failure` unless every byte came back right.
void run_load(const load_options& options);

} // namespace client
