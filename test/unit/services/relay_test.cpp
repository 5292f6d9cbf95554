// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/registry.hpp>
#include <eddy/services/relay.hpp>

#include "support/catch.hpp"

#include <functional>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using namespace eddy;
using services::option_error;
using services::option_values;
using services::registry;
using services::relay_service_options;

namespace {

handler relay_with(const option_values& values) {
    return registry::standard().make("relay", values);
}

TEST_CASE("relay service: its upstreams, say what it takes", "[services][relay]") {
    const auto streams = relay_with({{"to", "tcp://10.0.0.5:80, unix:/run/other mem:here"}});
    CHECK(streams.takes_sessions());
    CHECK_FALSE(streams.takes_datagrams());

    const auto flows = relay_with({{"to", "udp://10.0.0.5:53 udp://name:53"}});
    CHECK(flows.takes_datagrams());
    CHECK_FALSE(flows.takes_sessions());
}

TEST_CASE("relay service: options that make no sense, are named", "[services][relay]") {
    struct row {
        option_values values;
        const char* message;
    };
    const auto given = GENERATE(values<row>({
        {{},
         "to: relay has nowhere to relay to; write to = \"tcp://host:port\" in a configuration file"
        },
        {{{"to", " , "}},
         "to: relay has nowhere to relay to; write to = \"tcp://host:port\" in a configuration file"
        },
        {{{"to", "tcp://10.0.0.5"}},
         "to: \"tcp://10.0.0.5\": the port is missing; write \"tcp://10.0.0.5:port\""},
        {{{"to", "stdio:"}},
         "to: \"stdio:\" is nothing to connect to; write a tcp://, unix: or udp:// endpoint"},
        {{{"to", "tcp://a:1 tcp://b:0"}},
         "to: \"tcp://b:0\" has port 0, where nobody listens; write a port from 1 to 65535"},
        {{{"to", "tcp://a:1 udp://b:2"}},
         "to: \"udp://b:2\" and the first one are not of one kind; write datagram endpoints only, "
         "or "
         "none"},
        {{{"to", "udp://a:1"}, {"send_proxy", "v2"}},
         "send_proxy: datagrams have no PROXY header that others would understand; write \"off\""},
        {{{"to", "tcp://a:1"}, {"send_proxy", "v1"}},
         "send_proxy: there is no \"v1\"; did you mean \"v2\"?"},
        {{{"to", "tcp://a:1"}, {"connect_timeout", "0s"}},
         "connect_timeout: \"0s\" is too short; write at least \"1ms\""},
        {{{"to", "udp://a:1"}, {"max_flows", std::int64_t(0)}},
         "max_flows: 0 is out of range; write a whole number from 1 to 65536"},
    }));

    CHECK_THROWS_MATCHES(relay_with(given.values), option_error, Catch::Message(given.message));
}

TEST_CASE("relay service: a program's mistakes, throw", "[services][relay]") {
    using change = std::function<void(relay_service_options&)>;
    const auto mistake = GENERATE(values<change>({
        [](relay_service_options& o) { o.to.clear(); },
        [](relay_service_options& o) { o.to.emplace_back("udp://b:2"); },
        [](relay_service_options& o) { o.to = {"unixgram:/run/other"}; },
        [](relay_service_options& o) { o.to = {"udp://a:0"}; },
        [](relay_service_options& o) { o.connect_timeout = 0s; },
        [](relay_service_options& o) { o.drain_quiet = -1s; },
        [](relay_service_options& o) { o.flow_idle = 0s; },
        [](relay_service_options& o) { o.max_flows = 0; },
        [](relay_service_options& o) { o.max_flows = 65'537; },
        [](relay_service_options& o) {
            o.to = {"udp://b:2"};
            o.proxy_v2 = true;
        },
    }));
    relay_service_options options;
    options.to = {"tcp://a:1"};
    CHECK_NOTHROW(services::relay(options));

    mistake(options);
    CHECK_THROWS_AS(services::relay(options), std::invalid_argument);
}

} // namespace
