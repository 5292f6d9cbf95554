// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/net/stream.hpp>

#include <memory>
#include <vector>

namespace eddy {

/// Opens one connection to one address: the seam under `connect`.
struct connect_op : io_op {
    using io_op::io_op;

    endpoint::transport transport = endpoint::transport::tcp;
    address target;
    socket_options options;
    std::unique_ptr<stream> connected; ///< The outcome, when `error` is not set.
    void* state = nullptr;             ///< The engine's.
};

/// Turns a host name into addresses, in the order in which they should be tried.
struct resolve_op : io_op {
    using io_op::io_op;

    std::string host;
    std::uint16_t port = 0;
    std::vector<address> addresses; ///< The outcome, when `error` is not set; not empty then.
    void* state = nullptr;          ///< The engine's.
};

} // namespace eddy
