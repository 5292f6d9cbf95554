// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/server/handler.hpp>

namespace eddy::services {

/// Sends back whatever comes, until the peer ends its side (RFC 862). Streams and datagrams.
[[nodiscard]] EDDY_EXPORT handler echo();

} // namespace eddy::services
