// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>
#include <eddy/net/service_record.hpp>

#include <string>
#include <vector>

namespace eddy::posix {

/// Asks for the SRV records of a name by the system's resolver library (res_nquery), which blocks.
///
/// @par Errors
/// As `resolve_srv`.
result<std::vector<service_record>>
look_up_services(const std::string& name, const address& name_server);

} // namespace eddy::posix
