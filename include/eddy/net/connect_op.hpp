// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/service_record.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/net/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>
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

/// Asks about a name: for its addresses, in the order in which they should be tried, or for the
/// records of a service.
struct resolve_op : io_op {
    using io_op::io_op;

    enum class question : std::uint8_t {
        addresses,
        services ///< `errc::not_supported` where the resolver cannot be asked for them.
    };

    question asks = question::addresses;
    std::string host;
    std::uint16_t port = 0; ///< Put into each address.
    address name_server;    ///< Of services: asked instead of the system's, unless `none`.
    // The outcome, when `error` is not set; what was asked for is not empty then.
    std::vector<address> addresses;
    std::vector<service_record> services;
    void* state = nullptr; ///< The engine's.
};

} // namespace eddy
