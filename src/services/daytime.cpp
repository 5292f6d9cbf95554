// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_guard.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/daytime.hpp>

#include "services/daytime_text.hpp"
#include "services/reply_options.hpp"
#include "services/standard.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

namespace eddy::services {
namespace {

constexpr auto days = std::to_array<std::string_view>(
    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
);
constexpr auto months = std::to_array<std::string_view>(
    {"January",
     "February",
     "March",
     "April",
     "May",
     "June",
     "July",
     "August",
     "September",
     "October",
     "November",
     "December"}
);

std::tm broken_down(std::time_t seconds, daytime_zone zone) {
    std::tm parts{};
    if (zone == daytime_zone::local) {
        ::tzset(); // localtime_r need not look whether TZ has changed
        ::localtime_r(&seconds, &parts);
    } else {
        ::gmtime_r(&seconds, &parts);
    }
    return parts;
}

/// "+01:00"
std::string offset_of(const std::tm& parts) {
    const long minutes = parts.tm_gmtoff / 60;
    const long distance = minutes < 0 ? -minutes : minutes;
    return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', distance / 60, distance % 60);
}

class daytime_teller {
public:
    explicit daytime_teller(daytime_options options) : options_(std::move(options)) {}

    task<> operator()(session& peer) const {
        const std::string line = text();
        co_await peer.write(line);
    }

    task<> operator()(datagrams& socket) const {
        reply_guard guard(socket, options_.replies);
        while (const auto batch = co_await socket.receive()) {
            for (const datagram& received : *batch) {
                if (guard.allows(received)) {
                    const std::string line = text();
                    co_await socket.reply(received, line);
                }
            }
        }
    }

private:
    std::string text() const {
        return detail::daytime_text(options_.clock(), options_.format, options_.zone);
    }

    daytime_options options_;
};

daytime_format format_of(const std::string& word) {
    if (word == "ctime") {
        return daytime_format::ctime;
    }
    return word == "iso8601" ? daytime_format::iso8601 : daytime_format::rfc867;
}

} // namespace

std::string detail::daytime_text(
    std::chrono::system_clock::time_point at, daytime_format format, daytime_zone zone
) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const std::tm parts = broken_down(std::chrono::system_clock::to_time_t(seconds), zone);
    const auto day = days[static_cast<std::size_t>(parts.tm_wday)];
    const auto month = months[static_cast<std::size_t>(parts.tm_mon)];
    const int year = parts.tm_year + 1900;
    const auto clock = fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
    switch (format) {
    case daytime_format::ctime:
        return fmt::format(
            "{} {} {:2} {} {}\r\n", day.substr(0, 3), month.substr(0, 3), parts.tm_mday, clock, year
        );
    case daytime_format::iso8601:
        return fmt::format(
            "{:04}-{:02}-{:02}T{}{}\r\n",
            year,
            parts.tm_mon + 1,
            parts.tm_mday,
            clock,
            offset_of(parts)
        );
    case daytime_format::rfc867:
        break;
    }
    const std::string_view name = zone == daytime_zone::utc ? "UTC" : parts.tm_zone;
    return fmt::format("{}, {} {}, {} {}-{}\r\n", day, month, parts.tm_mday, year, clock, name);
}

handler daytime(daytime_options options) {
    return daytime_teller(std::move(options));
}

service detail::daytime_service() {
    return {
        .name = "daytime",
        .summary = "Sends the date and time as a line and closes (RFC 867).",
        .options = detail::with_reply_options({
            {.name = "format",
             .standard = std::string("rfc867"),
             .effect = "How the time looks: \"Monday, November 23, 2026 12:00:00-UTC\", "
                       "\"Mon Nov 23 12:00:00 2026\" or \"2026-11-23T12:00:00+00:00\".",
             .choices = {"rfc867", "ctime", "iso8601"}},
            {.name = "zone",
             .standard = std::string("utc"),
             .effect = "Whose time it is: universal, or this machine's.",
             .choices = {"utc", "local"}},
        }),
        .make =
            [](const option_values& values) {
                daytime_options options;
                options.format = format_of(std::get<std::string>(values.at("format")));
                options.zone = std::get<std::string>(values.at("zone")) == "local"
                                   ? daytime_zone::local
                                   : daytime_zone::utc;
                options.replies = detail::reply_rules_of(values);
                return daytime(std::move(options));
            },
    };
}

} // namespace eddy::services
