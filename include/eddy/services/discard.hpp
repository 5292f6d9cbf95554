// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/server/handler.hpp>

namespace eddy::services {

/// Throws away whatever comes (RFC 863). Streams and datagrams.
[[nodiscard]] EDDY_EXPORT handler discard();

} // namespace eddy::services
