// SPDX-License-Identifier: BSL-1.0
#include "keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace eddyd {
namespace {

using eddy::duration;
using eddy::services::option_error;
using eddy::services::option_value;

constexpr std::int64_t buffer_max = 1 << 30;
constexpr std::int64_t keepalive_max_ms = 32'767'000; // tcp(7): TCP_KEEPIDLE is 15 bits of seconds
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t sessions_max = 10'000'000;
constexpr std::int64_t memory_max = std::int64_t(1) << 46; // what a process can address
constexpr std::size_t memory_min = 1 << 20;

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

constexpr auto full_words = std::to_array<std::pair<std::string_view, eddy::when_full>>({
    {"queue", eddy::when_full::queue},
    {"refuse", eddy::when_full::refuse},
    {"slow_refuse", eddy::when_full::slow_refuse},
    {"reply", eddy::when_full::reply},
});

template <class Table>
std::vector<std::string> words_of(const Table& table) {
    std::vector<std::string> words;
    words.reserve(table.size());
    for (const auto& row : table) {
        words.emplace_back(row.first);
    }
    return words;
}

template <class Table, class Value>
option_value word_for(const Table& table, Value value) {
    const auto row =
        std::find_if(table.begin(), table.end(), [&](auto& each) { return each.second == value; });
    return std::string(row->first);
}

template <class Table>
auto value_for(const Table& table, const option_value& word) {
    const auto& text = std::get<std::string>(word);
    return std::find_if(
               table.begin(), table.end(), [&](auto& each) { return each.first == text; }
    )->second;
}

const std::string& text_of(const option_value& value) {
    return std::get<std::string>(value);
}

/// A number that `checked` has found to fit.
template <class Number>
Number number_of(const option_value& value) {
    return static_cast<Number>(std::get<std::int64_t>(value));
}

option_value number(std::integral auto value) {
    return static_cast<std::int64_t>(value);
}

void set_endpoint(listen_config& target, const option_value& value) {
    try {
        target.at = eddy::endpoint(text_of(value));
    } catch (const eddy::error& fault) {
        // The message begins with the word endpoint, which the key says already, and has both
        // parts.
        std::string_view whole = fault.what();
        whole.remove_prefix(std::min(whole.find('"'), whole.size()));
        const auto end = std::min(whole.rfind("; "), whole.size());
        throw option_error(
            "endpoint",
            std::string(whole.substr(0, end)),
            std::string(whole.substr(std::min(end + 2, whole.size())))
        );
    }
    using transport = eddy::endpoint::transport;
    if (target.at.kind() == transport::icmp || target.at.kind() == transport::mem) {
        throw option_error(
            "endpoint",
            '"' + target.at.to_string() + "\" is for use inside programs",
            "write a tcp://, udp://, unix:, unixgram:, fd: or stdio: endpoint"
        );
    }
}

option_value unix_mode(const listen_config& from) {
    const unsigned mode = from.options.socket.unix_mode;
    return mode == 0 ? std::string() : fmt::format("{:04o}", mode);
}

void set_unix_mode(listen_config& target, const option_value& value) {
    const auto& text = text_of(value);
    unsigned mode = 0;
    for (const char digit : text) {
        mode =
            digit < '0' || digit > '7' || mode > 0777 ? 010000 : mode * 8 + unsigned(digit - '0');
    }
    if (mode > 0777) {
        throw option_error(
            "unix_mode",
            eddy::services::to_toml(value) + " is not a set of permission bits",
            "write octal digits, as in \"0660\""
        );
    }
    target.options.socket.unix_mode = mode;
}

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
          .effect = "What drives the loops; auto takes the best one that works here.",
          .choices = {"auto", "epoll", "asio"}},
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
         [](config& to, const option_value& v) { to.server.watchdog = std::get<duration>(v); }},
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

namespace {

using listen_key = key<listen_config>;

/// What every listener must have or is called by.
std::vector<listen_key> identity_keys() {
    return {
        {{.name = "service",
          .standard = std::string(),
          .effect = "The service: echo, message-reply, discard, chargen, daytime or time."},
         [](const listen_config& from) -> option_value { return from.service; },
         [](listen_config& to, const option_value& v) { to.service = text_of(v); },
         true},
        {{.name = "endpoint",
          .standard = std::string(),
          .effect = "Where it listens: tcp://host:port, udp://host:port, unix:/path, "
                    "unixgram:/path, fd:3 or stdio:. Port 0 lets the system choose."},
         [](const listen_config& from) -> option_value { return from.at.to_string(); },
         &set_endpoint,
         true},
        {{.name = "name",
          .standard = std::string(),
          .effect = "Stands in logs and reports; the endpoint when empty."},
         [](const listen_config& from) -> option_value { return from.options.name; },
         [](listen_config& to, const option_value& v) { to.options.name = text_of(v); }},
    };
}

std::vector<listen_key> socket_keys() {
    static const eddy::socket_options standard;
    return {
        {{.name = "backlog",
          .standard = number(standard.backlog),
          .effect = "Connections that the kernel completes and holds before they are accepted; it "
                    "takes no more than net.core.somaxconn.",
          .unit = "connections",
          .lowest = 1,
          .highest = 65'535},
         [](const listen_config& from) { return number(from.options.socket.backlog); },
         [](listen_config& to, const option_value& v) {
             to.options.socket.backlog = number_of<int>(v);
         }},
        {{.name = "reuse_port",
          .standard = standard.reuse_port,
          .effect = "Several sockets, also of several processes, may listen on the same port."},
         [](const listen_config& from) -> option_value { return from.options.socket.reuse_port; },
         [](listen_config& to, const option_value& v) {
             to.options.socket.reuse_port = std::get<bool>(v);
         }},
        {{.name = "dual_stack",
          .standard = standard.dual_stack,
          .effect = "A listener on [::] takes IPv4 clients too."},
         [](const listen_config& from) -> option_value { return from.options.socket.dual_stack; },
         [](listen_config& to, const option_value& v) {
             to.options.socket.dual_stack = std::get<bool>(v);
         }},
        {{.name = "no_delay",
          .standard = standard.no_delay,
          .effect = "Small messages leave at once (TCP_NODELAY)."},
         [](const listen_config& from) -> option_value { return from.options.socket.no_delay; },
         [](listen_config& to, const option_value& v) {
             to.options.socket.no_delay = std::get<bool>(v);
         }},
        {{.name = "keepalive",
          .standard = standard.keepalive,
          .effect = "A TCP peer that is silent for this long is probed; never when 0s.",
          .highest = keepalive_max_ms},
         [](const listen_config& from) -> option_value { return from.options.socket.keepalive; },
         [](listen_config& to, const option_value& v) {
             to.options.socket.keepalive = std::get<duration>(v);
         }},
    };
}

std::vector<listen_key> buffer_keys() {
    static const eddy::socket_options standard;
    return {
        {{.name = "receive_buffer",
          .standard = number(standard.receive_buffer),
          .effect = "The kernel's receive buffer of each socket; 0 leaves it to the system.",
          .unit = "bytes",
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.socket.receive_buffer); },
         [](listen_config& to, const option_value& v) {
             to.options.socket.receive_buffer = number_of<std::size_t>(v);
         }},
        {{.name = "send_buffer",
          .standard = number(standard.send_buffer),
          .effect = "The kernel's send buffer of each socket; 0 leaves it to the system.",
          .unit = "bytes",
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.socket.send_buffer); },
         [](listen_config& to, const option_value& v) {
             to.options.socket.send_buffer = number_of<std::size_t>(v);
         }},
        {{.name = "unix_mode",
          .standard = std::string(),
          .effect =
              "Permission bits of a Unix socket's path, as in \"0660\"; what the umask leaves "
              "when empty."},
         &unix_mode,
         &set_unix_mode},
        {{.name = "max_datagram",
          .standard = number(standard.max_datagram),
          .effect = "The largest datagram that is taken; longer ones are counted and dropped.",
          .unit = "bytes",
          .lowest = 1,
          .highest = 65'535},
         [](const listen_config& from) { return number(from.options.socket.max_datagram); },
         [](listen_config& to, const option_value& v) {
             to.options.socket.max_datagram = number_of<std::size_t>(v);
         }},
    };
}

std::vector<listen_key> session_keys() {
    static const eddy::session_limits standard;
    return {
        {{.name = "outbox_high",
          .standard = number(standard.high),
          .effect = "A session whose unsent bytes are more than this waits for its peer.",
          .unit = "bytes",
          .lowest = 1,
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.limits.high); },
         [](listen_config& to, const option_value& v) {
             to.options.limits.high = number_of<std::size_t>(v);
         }},
        {{.name = "outbox_low",
          .standard = number(standard.low),
          .effect = "It goes on when they have come down to this; not more than outbox_high.",
          .unit = "bytes",
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.limits.low); },
         [](listen_config& to, const option_value& v) {
             to.options.limits.low = number_of<std::size_t>(v);
         }},
        {{.name = "outbox_hard",
          .standard = number(standard.hard),
          .effect = "A session that would have to hold more unsent bytes than this, of messages "
                    "that nobody waits to send, is closed; not less than outbox_high.",
          .unit = "bytes",
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.limits.hard); },
         [](listen_config& to, const option_value& v) {
             to.options.limits.hard = number_of<std::size_t>(v);
         }},
        {{.name = "linger",
          .standard = eddy::listen_options().linger,
          .effect = "How long a close waits for the peer's own.",
          .highest = day_ms},
         [](const listen_config& from) -> option_value { return from.options.linger; },
         [](listen_config& to, const option_value& v) { to.options.linger = std::get<duration>(v); }
        },
    };
}

std::vector<listen_key> admission_keys() {
    static const eddy::listen_options standard;
    return {
        {{.name = "max_sessions",
          .standard = number(standard.max_sessions),
          .effect = "Most sessions of this listener; any number when 0.",
          .unit = "sessions",
          .highest = sessions_max},
         [](const listen_config& from) { return number(from.options.max_sessions); },
         [](listen_config& to, const option_value& v) {
             to.options.max_sessions = number_of<std::size_t>(v);
         }},
        {{.name = "when_full",
          .standard = word_for(full_words, standard.full),
          .effect = "What becomes of a connection for which max_sessions leaves no place: it waits "
                    "in the queue, is reset, is reset a second later, or is sent the refusal.",
          .choices = words_of(full_words)},
         [](const listen_config& from) { return word_for(full_words, from.options.full); },
         [](listen_config& to, const option_value& v) {
             to.options.full = value_for(full_words, v);
         }},
        {{.name = "refusal",
          .standard = standard.refusal,
          .effect = "What such a connection is sent when when_full is \"reply\"."},
         [](const listen_config& from) -> option_value { return from.options.refusal; },
         [](listen_config& to, const option_value& v) { to.options.refusal = text_of(v); }},
    };
}

/// A key for one of the deadlines of a session.
template <duration eddy::session_deadlines::* Which>
listen_key deadline_key(std::string name, std::string effect) {
    return {
        {.name = std::move(name),
         .standard = eddy::session_deadlines::of_server().*Which,
         .effect = std::move(effect),
         .highest = day_ms},
        [](const listen_config& from) -> option_value {
            return from.options.limits.deadlines.*Which;
        },
        [](listen_config& to, const option_value& v) {
            to.options.limits.deadlines.*Which = std::get<duration>(v);
        }
    };
}

std::vector<listen_key> deadline_keys() {
    using limits = eddy::session_deadlines;
    return {
        deadline_key<&limits::first_byte>(
            "first_byte",
            "A session whose peer sends nothing in this time, and is sent nothing, is ended; never "
            "when 0s."
        ),
        deadline_key<&limits::idle>(
            "idle",
            "A session without a byte in either direction is ended after this; never when 0s."
        ),
        deadline_key<&limits::frame>(
            "frame",
            "A message that is not whole this long after its first byte ends the session; never "
            "when 0s."
        ),
        {{.name = "min_rate",
          .standard = number(limits::of_server().min_rate),
          .effect = "A message that comes slower than this ends the session, 5 s after its first "
                    "byte or later; never when 0.",
          .unit = "bytes a second",
          .highest = buffer_max},
         [](const listen_config& from) { return number(from.options.limits.deadlines.min_rate); },
         [](listen_config& to, const option_value& v) {
             to.options.limits.deadlines.min_rate = number_of<std::size_t>(v);
         }},
        deadline_key<&limits::write_stall>(
            "write_stall",
            "A peer that takes none of the bytes that wait for it in this time is reset; never "
            "when "
            "0s."
        ),
        deadline_key<&limits::lifetime>(
            "lifetime",
            "A session is asked to end at this age, give or take a tenth, and ended 30 s later; "
            "never when 0s."
        ),
    };
}

} // namespace

const std::vector<key<listen_config>>& listen_keys() {
    static const std::vector<listen_key> keys = [] {
        auto all = identity_keys();
        for (const auto& more :
             {socket_keys(), buffer_keys(), session_keys(), admission_keys(), deadline_keys()}) {
            all.insert(all.end(), more.begin(), more.end());
        }
        return all;
    }();
    return keys;
}

} // namespace eddyd
