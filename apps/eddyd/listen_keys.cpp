// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/address_ranges.hpp>

#include "key_values.hpp"
#include "keys.hpp"

#include <fmt/format.h>

#include <algorithm>
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

constexpr std::int64_t buffer_max = 1 << 30;
constexpr std::int64_t keepalive_max_ms = 32'767'000; // tcp(7): TCP_KEEPIDLE is 15 bits of seconds

constexpr auto full_words = std::to_array<std::pair<std::string_view, eddy::when_full>>({
    {"queue", eddy::when_full::queue},
    {"refuse", eddy::when_full::refuse},
    {"slow_refuse", eddy::when_full::slow_refuse},
    {"reply", eddy::when_full::reply},
});

constexpr auto accept_words = std::to_array<std::pair<std::string_view, eddy::accept_on>>({
    {"first_loop", eddy::accept_on::first_loop},
    {"every_loop", eddy::accept_on::every_loop},
});

constexpr auto proxy_words = std::to_array<std::pair<std::string_view, eddy::proxy_protocol>>({
    {"off", eddy::proxy_protocol::off},
    {"require", eddy::proxy_protocol::require},
});

constexpr auto untrusted_words = std::to_array<std::pair<std::string_view, eddy::when_untrusted>>({
    {"refuse", eddy::when_untrusted::refuse},
    {"serve", eddy::when_untrusted::serve},
});

void set_endpoint(listen_config& target, const option_value& value) {
    try {
        target.at = eddy::endpoint(text_of(value));
    } catch (const eddy::error& fault) {
        throw eddy::services::wrong_endpoint("endpoint", fault);
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

/// The system counts it in seconds, tcp(7).
void set_keepalive(listen_config& target, const option_value& value) {
    const auto given = std::get<eddy::duration>(value);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(given);
    if (seconds != given) {
        throw option_error(
            "keepalive",
            eddy::services::to_toml(value) + " is no whole number of seconds",
            "write " + eddy::services::to_toml(eddy::duration(seconds))
        );
    }
    target.options.socket.keepalive = given;
}

using listen_key = key<listen_config>;

/// What every listener must have or is called by.
std::vector<listen_key> identity_keys() {
    return {
        {{.name = "service",
          .standard = std::string(),
          .effect = "The service: echo, message-reply, discard, chargen, daytime, time or relay."},
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
        {{.name = "accept_on",
          .standard = word_for(accept_words, eddy::listen_options().accepting),
          .effect = "The first loop accepts for all, and gives each session to the loop that has "
                    "fewest; or every loop accepts on a socket of its own and keeps its sessions "
                    "(SO_REUSEPORT), on tcp:// and udp:// endpoints.",
          .choices = words_of(accept_words)},
         [](const listen_config& from) { return word_for(accept_words, from.options.accepting); },
         [](listen_config& to, const option_value& v) {
             to.options.accepting = value_for(accept_words, v);
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
          .effect = "A TCP peer that is silent for this long, in whole seconds, is probed; never "
                    "when 0s.",
          .highest = keepalive_max_ms},
         [](const listen_config& from) -> option_value { return from.options.socket.keepalive; },
         &set_keepalive},
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

option_value proxy_trusted(const listen_config& from) {
    std::string text;
    for (const auto& range : from.options.proxy.trusted) {
        text += (text.empty() ? "" : " ") + range.to_string();
    }
    return text;
}

std::vector<listen_key> proxy_keys() {
    static const eddy::proxy_rules standard;
    return {
        {{.name = "proxy_protocol",
          .standard = word_for(proxy_words, standard.mode),
          .effect = "With \"require\" each connection begins with a PROXY header, of version 1 or "
                    "2, which names the client; one that does not is reset.",
          .choices = words_of(proxy_words)},
         [](const listen_config& from) { return word_for(proxy_words, from.options.proxy.mode); },
         [](listen_config& to, const option_value& v) {
             to.options.proxy.mode = value_for(proxy_words, v);
         }},
        {{.name = "proxy_trusted",
          .standard = std::string(),
          .effect = "Whose headers are believed: ranges of addresses with spaces between them, and "
                    "the words loopback, site (what no router of the internet passes on) and any. "
                    "Must be given with \"require\", but for a Unix socket."},
         &proxy_trusted,
         [](listen_config& to, const option_value& v) {
             to.options.proxy.trusted =
                 text_of(v).empty() ? std::vector<eddy::address_range>()
                                    : eddy::services::parse_ranges("proxy_trusted", text_of(v));
         }},
        {{.name = "proxy_untrusted",
          .standard = word_for(untrusted_words, standard.untrusted),
          .effect =
              "What becomes of others: they are reset, or served as clients without a header.",
          .choices = words_of(untrusted_words)},
         [](const listen_config& from) {
             return word_for(untrusted_words, from.options.proxy.untrusted);
         },
         [](listen_config& to, const option_value& v) {
             to.options.proxy.untrusted = value_for(untrusted_words, v);
         }},
    };
}

/// A key for one of the deadlines of a session.
template <duration eddy::session_deadlines::* Which>
listen_key deadline_key(std::string_view name, std::string_view effect) {
    return {
        {.name = std::string(name),
         .standard = eddy::session_deadlines::of_server().*Which,
         .effect = std::string(effect),
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
        deadline_key<&limits::proxy_header>(
            "proxy_header",
            "A session whose PROXY header is not whole in this time is ended; never when 0s."
        ),
        deadline_key<&limits::handshake>(
            "handshake",
            "A session that is not through its service's handshake in this time is ended; never "
            "when 0s. No standard service has one."
        ),
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
             {socket_keys(),
              buffer_keys(),
              session_keys(),
              admission_keys(),
              proxy_keys(),
              deadline_keys()}) {
            all.insert(all.end(), more.begin(), more.end());
        }
        return all;
    }();
    return keys;
}

} // namespace eddyd
