// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/reply_rules.hpp>
#include <eddy/server/handler.hpp>

namespace eddy::services {

struct echo_options {
    /// Which datagrams are answered.
    reply_rules replies = reply_rules::of_service();
};

/// Sends back whatever comes, until the peer ends its side (RFC 862). Streams and datagrams.
[[nodiscard]] EDDY_EXPORT handler echo(echo_options options = {});

} // namespace eddy::services
