// SPDX-License-Identifier: BSL-1.0
#include "listen.hpp"

#include "config_error.hpp"
#include "keys.hpp"

#include <algorithm>
#include <vector>

namespace eddyd {
namespace {

using eddy::services::option_error;
using eddy::services::registry;

/// The origin of what stands on the command line.
constexpr auto typed = "--listen";

bool has_option(const eddy::services::service& service, std::string_view name) {
    return std::any_of(service.options.begin(), service.options.end(), [&](auto& each) {
        return each.name == name;
    });
}

/// Port 0 is another port each time, and reuse_port asks for it.
bool is_exclusive(const listen_config& listener) {
    const bool chooses_port = listener.at.has_host() && listener.at.port() == 0;
    return !chooses_port && !listener.options.socket.reuse_port;
}

} // namespace

/// Whom a listener believes must fit what it wants to be told.
void check_proxy(const listen_config& made) {
    const auto& rules = made.options.proxy;
    const bool is_required = rules.mode == eddy::proxy_protocol::require;
    if (is_required && made.at.is_datagram()) {
        throw option_error(
            "proxy_protocol",
            "datagrams have no PROXY header",
            "leave it out, or write a tcp:// or unix: endpoint"
        );
    }
    if (is_required && rules.trusted.empty() &&
        made.at.kind() != eddy::endpoint::transport::unix_stream) {
        throw option_error(
            "proxy_protocol",
            "\"require\" trusts nobody",
            "write the addresses of the proxies as proxy_trusted"
        );
    }
    if (!is_required && !rules.trusted.empty()) {
        throw option_error(
            "proxy_trusted",
            "no header is read",
            "write proxy_protocol = \"require\" as well, or leave it out"
        );
    }
}

void finish_listener(listen_config& made, const registry& known) {
    const auto& service = known.find(made.service);
    made.service_options = service.complete(made.service_options);
    made.what = service.make(made.service_options);
    const std::string at = '"' + made.at.to_string() + '"';
    if (made.at.is_datagram() && !made.what.takes_datagrams()) {
        const std::string remedy = has_option(service, "udp")
                                       ? "write udp = true in a configuration file if it must"
                                       : "write a tcp:// or unix: endpoint";
        throw option_error(
            "endpoint", made.service + " does not answer datagrams on " + at, remedy
        );
    }
    if (!made.at.is_datagram() && !made.what.takes_sessions()) {
        throw option_error(
            "endpoint",
            made.service + " does not serve streams on " + at,
            "write a udp:// or unixgram: endpoint"
        );
    }
    if (made.options.limits.low > made.options.limits.high) {
        throw option_error(
            "outbox_low",
            std::to_string(made.options.limits.low) + " is more than outbox_high",
            "write at most " + std::to_string(made.options.limits.high)
        );
    }
    if (made.options.limits.high > made.options.limits.hard) {
        throw option_error(
            "outbox_high",
            std::to_string(made.options.limits.high) + " is more than outbox_hard",
            "write at most " + std::to_string(made.options.limits.hard)
        );
    }
    if (made.options.full == eddy::when_full::reply && made.options.refusal.empty()) {
        throw option_error(
            "when_full", "\"reply\" has nothing to say", "write what to send as refusal"
        );
    }
    using transport = eddy::endpoint::transport;
    if (made.options.accepting == eddy::accept_on::every_loop && made.at.kind() != transport::tcp &&
        made.at.kind() != transport::udp) {
        throw option_error(
            "accept_on",
            "several sockets cannot share " + at,
            "leave it out, or write a tcp:// or udp:// endpoint"
        );
    }
    check_proxy(made);
}

listen_config parse_listen(std::string_view text, const registry& known) {
    try {
        const auto middle = text.find('=');
        if (middle == std::string_view::npos) {
            throw option_error(
                typed,
                eddy::services::to_toml(std::string(text)) + " has no \"=\"",
                "write SERVICE=ENDPOINT, as in \"echo=tcp://127.0.0.1:7007\""
            );
        }
        listen_config made;
        made.origin = typed;
        made.service = known.find(text.substr(0, middle)).name;
        find_key(listen_keys(), "endpoint")->set(made, std::string(text.substr(middle + 1)));
        finish_listener(made, known);
        return made;
    } catch (const option_error& fault) {
        throw config_error("eddyd", typed, fault);
    }
}

std::vector<listen_config> standard_listeners(const registry& known) {
    std::vector<listen_config> made;
    for (const auto text :
         {"echo=tcp://127.0.0.1:7007",
          "echo=udp://127.0.0.1:7007",
          "message-reply=tcp://127.0.0.1:7008",
          "message-reply=udp://127.0.0.1:7008"}) {
        made.push_back(parse_listen(text, known));
    }
    return made;
}

void refuse_duplicates(const std::vector<listen_config>& listeners) {
    for (auto later = listeners.begin(); later != listeners.end(); ++later) {
        const auto earlier = std::find_if(listeners.begin(), later, [&](auto& each) {
            return each.at == later->at && is_exclusive(each) && is_exclusive(*later);
        });
        if (earlier != later) {
            const bool is_typed = later->origin == typed;
            throw config_error(
                is_typed ? "eddyd" : later->origin,
                is_typed ? typed : "listen.endpoint",
                option_error(
                    "endpoint",
                    '"' + later->at.to_string() + "\" is taken by " + earlier->service + " (" +
                        earlier->origin + ")",
                    "remove one of them or choose another port"
                )
            );
        }
    }
}

} // namespace eddyd
