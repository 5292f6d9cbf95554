// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/proxy_header.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/relay.hpp>

#include "net/host_name.hpp"
#include "services/relay_parts.hpp"
#include "services/standard.hpp"
#include "services/words.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace eddy::services {
namespace {

using detail::relay_shared;

constexpr std::size_t flows_max = 65'536;
constexpr duration log_pause = std::chrono::minutes(1);

bool is_stream(const endpoint& at) noexcept {
    using transport = endpoint::transport;
    return at.kind() == transport::tcp || at.kind() == transport::unix_stream ||
           at.kind() == transport::mem;
}

bool is_udp(const endpoint& at) noexcept {
    return at.kind() == endpoint::transport::udp;
}

/// Port 0 asks for any: who listens may, who connects may not.
bool lacks_port(const endpoint& at) noexcept {
    return at.has_host() && at.port() == 0;
}

bool takes_datagrams(const relay_service_options& options) noexcept {
    return is_udp(options.to.front());
}

void check(const relay_service_options& options) {
    const auto refuse = [](const char* why) {
        throw std::invalid_argument(std::string("eddy: services::relay: ") + why);
    };
    const auto& to = options.to;
    const bool is_of_one_kind =
        std::all_of(to.begin(), to.end(), is_stream) || std::all_of(to.begin(), to.end(), is_udp);
    if (to.empty() || !is_of_one_kind) {
        refuse("`to` must be endpoints of streams, or udp:// endpoints, at least one");
    }
    if (std::any_of(to.begin(), to.end(), lacks_port)) {
        refuse("nobody listens on port 0, which one of `to` has");
    }
    if (options.connect_timeout <= duration::zero() || options.flow_idle <= duration::zero() ||
        options.drain_quiet < duration::zero()) {
        refuse("a time is negative, or zero where something has to happen in it");
    }
    if (options.max_flows == 0 || options.max_flows > flows_max) {
        refuse("max_flows must be from 1 to 65,536");
    }
    if (options.proxy_v2 && takes_datagrams(options)) {
        refuse("datagrams have no PROXY header that others would understand");
    }
}

/// Tries the upstreams in turn, each once.
task<result<session>> reach(relay_shared& whole) {
    const auto& to = whole.options.to;
    const std::size_t first = whole.next_upstream();
    connect_options how;
    how.timeout = whole.options.connect_timeout;
    how.limits.deadlines.write_stall = session_deadlines::of_server().write_stall;
    error_code failure;
    for (std::size_t i = 0; i != to.size() && failure != errc::cancelled; ++i) {
        const endpoint& upstream = to[(first + i) % to.size()];
        auto connected = co_await connect(upstream, how);
        if (connected) {
            co_return std::move(*connected);
        }
        failure = connected.error();
        if (failure != errc::cancelled) {
            whole.failed_to_reach(upstream, failure.message());
        }
    }
    co_return failure;
}

std::string header_for(const session& client) {
    proxy_header told;
    told.source = client.client();
    told.destination = client.proxied() ? client.proxied()->destination : client.local();
    return told.to_bytes();
}

/// Resets what an exception leaves half done: to its peer it must not look like an orderly end.
struct unfinished {
    session* client;
    session* upstream = nullptr;

    explicit unfinished(session& begun) noexcept : client(&begun) {}
    unfinished(const unfinished&) = delete;
    unfinished& operator=(const unfinished&) = delete;
    ~unfinished() {
        for (session* each : {client, upstream}) {
            if (each) {
                each->abort();
            }
        }
    }
    void is_done() noexcept { client = upstream = nullptr; }
};

task<> relay_session(std::shared_ptr<relay_shared> whole, session& client) {
    result<session> upstream = errc::closed; // outlives the next
    unfinished both(client);
    upstream = co_await reach(*whole);
    if (!upstream) {
        whole->count().unreachable += upstream.error() != errc::cancelled;
        co_return;
    }
    both.upstream = &*upstream;
    ++whole->count().relayed;
    if (whole->options.proxy_v2) {
        const auto header = header_for(client);
        co_await upstream->write(header);
    }
    relay_options how;
    how.drain_quiet = whole->options.drain_quiet;
    how.splice = whole->options.splice;
    const auto report = co_await eddy::relay(client, *upstream, how);
    both.is_done();
    whole->count().to_upstream += report.to_second;
    whole->count().to_client += report.to_first;
    whole->count().spliced += report.spliced;
    whole->count().broken += report.failed != relay_side::none;
    co_await upstream->close();
}

std::vector<endpoint> parse_upstreams(std::string_view text) {
    std::vector<endpoint> list;
    for (const auto word : detail::words_of(text)) {
        try {
            list.emplace_back(word);
        } catch (const error& fault) {
            throw wrong_endpoint("to", fault);
        }
        if (!is_stream(list.back()) && !is_udp(list.back())) {
            throw option_error(
                "to",
                eddy::detail::quoted(word) + " is nothing to connect to",
                "write a tcp://, unix: or udp:// endpoint"
            );
        }
        if (lacks_port(list.back())) {
            throw option_error(
                "to",
                eddy::detail::quoted(word) + " has port 0, where nobody listens",
                "write a port from 1 to 65535"
            );
        }
        if (is_udp(list.back()) != is_udp(list.front())) {
            throw option_error(
                "to",
                eddy::detail::quoted(word) + " and the first one are not of one kind",
                "write datagram endpoints only, or none"
            );
        }
    }
    if (list.empty()) {
        throw option_error(
            "to",
            "relay has nowhere to relay to",
            "write to = \"tcp://host:port\" in a configuration file"
        );
    }
    return list;
}

handler make(const option_values& values) {
    relay_service_options options;
    options.to = parse_upstreams(std::get<std::string>(values.at("to")));
    options.connect_timeout = std::get<duration>(values.at("connect_timeout"));
    options.proxy_v2 = std::get<std::string>(values.at("send_proxy")) == "v2";
    options.drain_quiet = std::get<duration>(values.at("drain_quiet"));
    options.splice = std::get<bool>(values.at("splice")) ? splicing::automatic : splicing::never;
    options.flow_idle = std::get<duration>(values.at("flow_idle"));
    options.max_flows = static_cast<std::size_t>(std::get<std::int64_t>(values.at("max_flows")));
    if (options.proxy_v2 && takes_datagrams(options)) {
        throw option_error(
            "send_proxy",
            "datagrams have no PROXY header that others would understand",
            "write \"off\""
        );
    }
    return relay(std::move(options));
}

} // namespace

detail::relay_shared::relay_shared(relay_service_options given)
    : options(std::move(given)), told_at(std::numeric_limits<std::int64_t>::min()) {
    if (!options.counters) {
        options.counters = std::make_shared<relay_counters>();
    }
}

detail::relay_shared::~relay_shared() {
    const auto& counted = count();
    if (counted.relayed + counted.unreachable == 0) {
        return;
    }
    log::info(
        "a relay has ended",
        {{"to", options.to.front().to_string()},
         {"relayed", counted.relayed.load()},
         {"unreachable", counted.unreachable.load()},
         {"failed_connects", counted.failed_connects.load()},
         {"broken", counted.broken.load()},
         {"to_upstream", counted.to_upstream.load()},
         {"to_client", counted.to_client.load()},
         {"spliced", counted.spliced.load()},
         {"expired_flows", counted.expired_flows.load()},
         {"evicted_flows", counted.evicted_flows.load()},
         {"dropped_datagrams", counted.dropped_datagrams.load()}}
    );
}

void detail::relay_shared::failed_to_reach(const endpoint& upstream, std::string_view why) {
    const auto failures = ++count().failed_connects;
    const auto now = loop_clock::now().time_since_epoch().count();
    auto before = told_at.load();
    const bool is_due =
        before == std::numeric_limits<std::int64_t>::min() || now - before >= log_pause.count();
    if (is_due && told_at.compare_exchange_strong(before, now)) {
        log::warning(
            "an upstream cannot be reached",
            {{"to", upstream.to_string()}, {"error", why}, {"failures", failures}}
        );
    }
}

handler relay(relay_service_options options) {
    check(options);
    const bool is_of_datagrams = takes_datagrams(options);
    auto whole = std::make_shared<relay_shared>(std::move(options));
    if (is_of_datagrams) {
        return [whole](datagrams& socket) { return detail::relay_datagrams(whole, socket); };
    }
    return [whole](session& client) { return relay_session(whole, client); };
}

service detail::relay_service() {
    constexpr std::int64_t hour_ms = 3'600'000;
    return {
        .name = "relay",
        .summary = "Passes bytes on to an upstream server and back.",
        .options =
            {
                {.name = "to",
                 .standard = std::string(),
                 .effect = "Where to: an endpoint, or several with spaces between them, which take "
                           "turns; when one does not answer, the next is tried. For a listener of "
                           "datagrams, udp:// endpoints."},
                {.name = "connect_timeout",
                 .standard = duration(std::chrono::seconds(5)),
                 .effect = "How long one upstream has to answer.",
                 .lowest = 1,
                 .highest = hour_ms},
                {.name = "send_proxy",
                 .standard = std::string("off"),
                 .effect =
                     "With \"v2\" each session begins with a PROXY header of version 2, which "
                     "tells the upstream who the client is.",
                 .choices = {"off", "v2"}},
                {.name = "drain_quiet",
                 .standard = duration(std::chrono::seconds(1)),
                 .effect = "In a drain a session goes on until no byte has passed for so long.",
                 .highest = hour_ms},
                {.name = "splice",
                 .standard = true,
                 .effect = "Lets the system move large amounts from socket to socket (splice of "
                           "Linux). Otherwise they are read and written."},
                {.name = "flow_idle",
                 .standard = duration(std::chrono::seconds(60)),
                 .effect = "The datagrams of one client are a flow, with an upstream socket of its "
                           "own, until nothing has come from either side for so long.",
                 .lowest = 1,
                 .highest = hour_ms},
                {.name = "max_flows",
                 .standard = std::int64_t(1024),
                 .effect = "Most of them at once; the one that was idle longest makes way.",
                 .unit = "flows",
                 .lowest = 1,
                 .highest = std::int64_t(flows_max)},
            },
        .make = make,
    };
}

} // namespace eddy::services
