// SPDX-License-Identifier: BSL-1.0
#include "key_values.hpp"
#include "keys.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eddyd {
namespace {

using eddy::duration;
using eddy::services::option_error;

constexpr std::int64_t memory_max = std::int64_t(1) << 46; // what a process can address
constexpr std::size_t memory_min = 1 << 20;
constexpr duration watchdog_min = std::chrono::milliseconds(10);

constexpr auto log_levels = std::to_array<std::pair<std::string_view, eddy::log::level>>({
    {"debug", eddy::log::level::debug},
    {"info", eddy::log::level::info},
    {"warning", eddy::log::level::warning},
    {"error", eddy::log::level::error},
    {"off", eddy::log::level::off},
});
constexpr auto log_formats = std::to_array<std::pair<std::string_view, eddy::log::format>>({
    {"text", eddy::log::format::text},
    {"json", eddy::log::format::json},
});

std::size_t memory_mark(const char* name, const option_value& value) {
    const auto mark = number_of<std::size_t>(value);
    if (mark != 0 && mark < memory_min) {
        throw option_error(
            name,
            std::to_string(mark) + " bytes are too few",
            "write 1048576 or more, or 0 for no mark"
        );
    }
    return mark;
}

duration watchdog_limit(const option_value& value) {
    const auto limit = std::get<duration>(value);
    if (limit != duration::zero() && limit < watchdog_min) {
        throw option_error(
            "watchdog",
            eddy::services::to_toml(value) + " is too short",
            "write at least \"10ms\", or \"0s\" for none"
        );
    }
    return limit;
}

} // namespace

const std::vector<key<config>>& server_keys() {
    static const config standard;
    static const std::vector<key<config>> keys{
        {{.name = "workers",
          .standard = number(standard.server.workers),
          .effect = "Loops, each on a thread of its own, over which sessions are spread.",
          .unit = "threads",
          .lowest = 1,
          .highest = 1024},
         [](const config& from) -> option_value { return number(from.server.workers); },
         [](config& to, const option_value& v) { to.server.workers = number_of<unsigned>(v); }},
        {{.name = "engine",
          .standard = standard.server.engine,
          .effect =
              "What drives the loops. uring needs Linux 6.1 and io_uring; auto is uring where "
              "that works, and otherwise epoll, with a line in the log.",
          .choices = {"auto", "uring", "epoll", "asio"}},
         [](const config& from) -> option_value { return from.server.engine; },
         [](config& to, const option_value& v) { to.server.engine = text_of(v); }},
        {{.name = "drain_delay",
          .standard = standard.server.drain_delay,
          .effect = "After SIGTERM or SIGINT it goes on accepting this long, for balancers that "
                    "take a while to notice.",
          .highest = day_ms},
         [](const config& from) -> option_value { return from.server.drain_delay; },
         [](config& to, const option_value& v) { to.server.drain_delay = std::get<duration>(v); }},
        {{.name = "drain_timeout",
          .standard = standard.server.drain_timeout,
          .effect = "After that sessions have this long to finish; the rest is forced.",
          .highest = day_ms},
         [](const config& from) -> option_value { return from.server.drain_timeout; },
         [](config& to, const option_value& v) { to.server.drain_timeout = std::get<duration>(v); }
        },
        {{.name = "drain_idle_grace",
          .standard = standard.server.drain_idle_grace,
          .effect = "A drain leaves sessions between two messages alone this long.",
          .highest = day_ms},
         [](const config& from) -> option_value { return from.server.drain_idle_grace; },
         [](config& to, const option_value& v) {
             to.server.drain_idle_grace = std::get<duration>(v);
         }},
        {{.name = "drain_spread",
          .standard = standard.server.drain_spread,
          .effect = "Then a drain ends them one by one over this time, so that they do not come "
                    "back elsewhere all at once.",
          .highest = day_ms},
         [](const config& from) -> option_value { return from.server.drain_spread; },
         [](config& to, const option_value& v) { to.server.drain_spread = std::get<duration>(v); }},
        {{.name = "watchdog",
          .standard = standard.server.watchdog,
          .effect = "What keeps a thread that serves from its other sessions for longer is named "
                    "in the log; 10ms or more. Not watched when 0.",
          .highest = day_ms},
         [](const config& from) -> option_value { return from.server.watchdog; },
         [](config& to, const option_value& v) { to.server.watchdog = watchdog_limit(v); }},
        {{.name = "max_sessions",
          .standard = number(standard.server.max_sessions),
          .effect = "Most sessions of all listeners together; any number when 0.",
          .unit = "sessions",
          .highest = sessions_max},
         [](const config& from) -> option_value { return number(from.server.max_sessions); },
         [](config& to, const option_value& v) {
             to.server.max_sessions = number_of<std::size_t>(v);
         }},
        {{.name = "max_sessions_per_source",
          .standard = number(standard.server.max_sessions_per_source),
          .effect = "Most sessions from one IPv4 address, or from the /64 of an IPv6 address; more "
                    "are reset. Any number when 0.",
          .unit = "sessions",
          .highest = sessions_max},
         [](const config& from) -> option_value {
             return number(from.server.max_sessions_per_source);
         },
         [](config& to, const option_value& v) {
             to.server.max_sessions_per_source = number_of<std::size_t>(v);
         }},
        {{.name = "accept_rate",
          .standard = number(standard.server.accept_rate),
          .effect = "Connections that are accepted in a second, by all listeners together; the "
                    "others wait. Any number when 0.",
          .unit = "connections",
          .highest = sessions_max},
         [](const config& from) -> option_value { return number(from.server.accept_rate); },
         [](config& to, const option_value& v) {
             to.server.accept_rate = number_of<std::uint32_t>(v);
         }},
        {{.name = "accept_rate_per_source",
          .standard = number(standard.server.accept_rate_per_source),
          .effect = "Connections in a second from one IPv4 address, or from the /64 of an IPv6 "
                    "address; more are reset. Any number when 0.",
          .unit = "connections",
          .highest = sessions_max},
         [](const config& from) -> option_value {
             return number(from.server.accept_rate_per_source);
         },
         [](config& to, const option_value& v) {
             to.server.accept_rate_per_source = number_of<std::uint32_t>(v);
         }},
        {{.name = "memory_soft",
          .standard = number(standard.server.memory_soft),
          .effect = "When inboxes, outboxes and coroutines of all sessions take more, the sessions "
                    "that hold more than their share stop reading. No mark when 0; otherwise 1 MiB "
                    "or more.",
          .unit = "bytes",
          .highest = memory_max},
         [](const config& from) -> option_value { return number(from.server.memory_soft); },
         [](config& to, const option_value& v) {
             to.server.memory_soft = memory_mark("memory_soft", v);
         }},
        {{.name = "memory_hard",
          .standard = number(standard.server.memory_hard),
          .effect = "When they take more than this, the sessions that hold most are closed. No "
                    "mark when 0; otherwise 1 MiB or more, and not less than memory_soft.",
          .unit = "bytes",
          .highest = memory_max},
         [](const config& from) -> option_value { return number(from.server.memory_hard); },
         [](config& to, const option_value& v) {
             to.server.memory_hard = memory_mark("memory_hard", v);
         }},
        {{.name = "log_level",
          .standard = word_for(log_levels, standard.log_level),
          .effect = "Lines below this level are dropped.",
          .choices = words_of(log_levels)},
         [](const config& from) { return word_for(log_levels, from.log_level); },
         [](config& to, const option_value& v) { to.log_level = value_for(log_levels, v); }},
        {{.name = "log_format",
          .standard = word_for(log_formats, standard.log_format),
          .effect = "How log lines look on standard error: for people, or one JSON object a line.",
          .choices = words_of(log_formats)},
         [](const config& from) { return word_for(log_formats, from.log_format); },
         [](config& to, const option_value& v) { to.log_format = value_for(log_formats, v); }},
    };
    return keys;
}

} // namespace eddyd
