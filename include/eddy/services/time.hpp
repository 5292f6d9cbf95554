// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/reply_rules.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/services/wall_clock.hpp>

namespace eddy::services {

struct time_options {
    wall_clock clock = std::chrono::system_clock::now;
    /// Which datagrams are answered.
    reply_rules replies = reply_rules::of_service();
};

/// Sends the seconds since 1900 as four bytes, the highest first, and closes (RFC 868). Each
/// datagram is answered by one. The count begins anew on 2036-02-07, modulo 2^32.
[[nodiscard]] EDDY_EXPORT handler time(time_options options = {});

} // namespace eddy::services
