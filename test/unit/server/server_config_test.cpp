// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace eddy {
namespace {

TEST_CASE("server_config: times that make no sense, refused by name", "[server]") {
    struct row {
        duration server_config::* what;
        duration value;
        const char* complaint;
    };
    const auto [what, value, complaint] = GENERATE(values<row>({
        {&server_config::drain_delay, -1ns, "drain_delay: it is negative"},
        {&server_config::drain_timeout, -1ns, "drain_timeout: it is negative"},
        {&server_config::drain_idle_grace, -1ns, "drain_idle_grace: it is negative"},
        {&server_config::drain_spread, -1ns, "drain_spread: it is negative"},
        {&server_config::watchdog, -1ns, "watchdog: it is negative"},
        {&server_config::watchdog, 9ms, "watchdog: it is below 10 ms"},
    }));
    server_config config;
    config.*what = value;

    CHECK_THROWS_WITH(server(config), Catch::Contains(complaint));
}

TEST_CASE("server_config: a watchdog of 10 ms, or none, accepted", "[server]") {
    server_config config;
    config.watchdog = GENERATE(duration(10ms), duration(0ms));
    CHECK_NOTHROW(server(config));
}

} // namespace
} // namespace eddy
