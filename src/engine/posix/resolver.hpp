// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eddy::posix {

/// Asks the system's resolver (getaddrinfo), which blocks. Addresses in the order of RFC 6724,
/// without repetitions. "localhost" and what ends in ".localhost" is this machine (RFC 6761), also
/// where nobody has written it down.
///
/// @par Errors
/// `errc::no_such_host` when the name does not exist or has no address, otherwise what the resolver
/// says.
result<std::vector<address>> resolve(const std::string& host, std::uint16_t port);

} // namespace eddy::posix
