// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <vector>

namespace eddy::detail {

/// The order in which the addresses of a name are tried (RFC 8305, section 4): families in turns,
/// beginning with that of the first address; otherwise the resolver's order. So a family that does
/// not work costs one attempt and not all of its addresses.
[[nodiscard]] std::vector<address> attempt_order(std::vector<address> resolved);

} // namespace eddy::detail
