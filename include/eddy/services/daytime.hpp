// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/reply_rules.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/services/wall_clock.hpp>

namespace eddy::services {

/// How the time looks. In English, whatever the locale of the process is.
enum class daytime_format {
    rfc867,  ///< `Monday, November 23, 2026 12:00:00-UTC`, as the RFC has it.
    ctime,   ///< `Mon Nov 23 12:00:00 2026`, as most servers have it.
    iso8601, ///< `2026-11-23T12:00:00+00:00`
};

enum class daytime_zone {
    utc,
    local, ///< Of this machine, or of the environment variable TZ.
};

struct daytime_options {
    daytime_format format = daytime_format::rfc867;
    daytime_zone zone = daytime_zone::utc;
    wall_clock clock = std::chrono::system_clock::now;
    /// Which datagrams are answered.
    reply_rules replies = reply_rules::of_service();
};

/// Sends the date and time as one line and closes (RFC 867). Each datagram is answered by one.
[[nodiscard]] EDDY_EXPORT handler daytime(daytime_options options = {});

} // namespace eddy::services
