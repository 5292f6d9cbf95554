// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/acceptor.hpp>
#include <eddy/net/socket_options.hpp>

#include <cstddef>
#include <memory>
#include <string>

/// The `mem:` transport: pipes inside this process, on any engine, between any of its loops.
namespace eddy {

/// Listens under `name`, until the acceptor is destroyed; what has connected and was not accepted
/// by then is reset.
///
/// @param backlog  Connections that wait to be accepted.
///
/// @par Errors
/// `std::errc::address_in_use` when somebody listens under that name already.
///
/// @par Thread safety
/// Any thread. The acceptor belongs to the loop on which its first accept is started.
result<std::unique_ptr<acceptor>> listen_memory(
    const std::string& name,
    std::size_t backlog = static_cast<std::size_t>(socket_options().backlog)
);

/// Connects to the listener of that name; never waits. Bytes can be sent before it has accepted.
///
/// @par Errors
/// `std::errc::connection_refused` when nobody listens, or the backlog is full.
///
/// @par Thread safety
/// Any thread.
result<std::unique_ptr<stream>> connect_memory(const std::string& name);

} // namespace eddy
