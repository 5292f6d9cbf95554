// SPDX-License-Identifier: BSL-1.0
#include "target.hpp"

#include <eddy/core/error.hpp>

#include "support/catch.hpp"

using client::to_endpoint;

TEST_CASE("target: as people type it, becomes an endpoint", "[eddy][target]") {
    CHECK(to_endpoint({"host", 7, false}).to_string() == "tcp://host:7");
    CHECK(to_endpoint({"127.0.0.1", 7, true}).to_string() == "udp://127.0.0.1:7");
    CHECK(to_endpoint({"::1", 7, false}).to_string() == "tcp://[::1]:7");
    CHECK(to_endpoint({"[::1]", 7, false}).to_string() == "tcp://[::1]:7");
    CHECK(to_endpoint({"udp://host:9", 7, false}).to_string() == "udp://host:9");
    CHECK(to_endpoint({"unix:/run/x", 7, false}).to_string() == "unix:/run/x");
    CHECK_THROWS_AS(to_endpoint({"ho st", 7, false}), eddy::error);
}
