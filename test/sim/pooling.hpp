// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/sleep.hpp>
#include <eddy/net/pool.hpp>
#include <eddy/sim/world.hpp>

#include "sim/pooled_service.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pooled_test {

/// A line_server, and a client that runs a test's coroutine with a pool.
struct pooling {
    explicit pooling(eddy::pool_options with = {}) : options(std::move(with)) {}

    template <class Body>
    void run(Body body) {
        const auto main = [](pooling& self, Body& inner) -> eddy::task<> {
            eddy::pool tested("tcp://server:7", self.options);
            co_await inner(tested, self);
            co_await tested.close(eddy::within(std::chrono::minutes(1)));
            const auto stats = tested.stats();
            CHECK(stats.idle + stats.leased + stats.connecting + stats.waiting == 0);
        };
        client.spawn(main(*this, body));
        world.run();
        CHECK(client.open_descriptors() == 0);
        CHECK(client.loop().tasks().empty());
    }

    eddy::pool_options options;
    eddy::sim::world world{{.profile = eddy::sim::profile::calm()}};
    eddy::sim::host& server_host = world.add_host("server");
    eddy::sim::host& client = world.add_host("client");
    std::optional<line_server> server{server_host};
};

/// Leases a session and holds it for a while.
inline eddy::task<>
hold(eddy::pool& from, eddy::duration length, std::string name, std::vector<std::string>& order) {
    auto got = co_await from.acquire(eddy::within(std::chrono::hours(1)));
    order.push_back(got ? name : name + " " + got.error().message());
    co_await eddy::sleep(length);
}

} // namespace pooled_test
