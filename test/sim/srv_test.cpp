// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/resolve_srv.hpp>
#include <eddy/sim/world.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
namespace sim = eddy::sim;

struct outcome {
    std::vector<eddy::endpoint> where;
    eddy::error_code error;
};

outcome look_up(sim::world& world, const std::string& name, eddy::duration timeout = 10s) {
    outcome result;
    auto ask = [](std::string asked, eddy::duration most, outcome& into) -> task<> {
        auto found = co_await eddy::resolve_srv(std::move(asked), most);
        into.error = found.error();
        if (found) {
            into.where = std::move(*found);
        }
    };
    auto& client = world.add_host("client");
    client.spawn(ask(name, timeout, result));
    world.run();
    return result;
}

TEST_CASE("resolve_srv: in a world, by priority and by chance", "[sim][srv]") {
    std::set<std::string> firsts;
    for (std::uint64_t seed = 1; seed != 50; ++seed) {
        sim::world world({.seed = seed});
        world.names().set_services(
            "_calls._tcp.example",
            {{"last", 7, 2, 1}, {"a", 7, 1, 1}, {"b", 7, 1, 1}, {"c", 7, 1, 1}}
        );
        const auto result = look_up(world, "_calls._tcp.example");
        REQUIRE(result.where.size() == 4);
        firsts.insert(result.where.front().to_string());
        CHECK(result.where.back() == eddy::endpoint("tcp://last:7"));
    }
    CHECK(firsts == std::set<std::string>{"tcp://a:7", "tcp://b:7", "tcp://c:7"});
}

TEST_CASE("resolve_srv: in a world, nothing to be had", "[sim][srv]") {
    sim::world world;
    world.names().set_services("_gone._tcp.example", {{"", 0, 0, 0}});
    world.names().set_services("_odd._tcp.example", {{"no host", 7, 0, 0}});
    world.names().fail("_broken._tcp.example", make_error_code(std::errc::protocol_error));

    CHECK(look_up(world, "_none._tcp.example").error == errc::no_such_host);
    CHECK(look_up(world, "_gone._tcp.example").error == errc::no_such_host);
    CHECK(look_up(world, "_odd._tcp.example").error == errc::malformed);
    CHECK(look_up(world, "_broken._tcp.example").error == std::errc::protocol_error);
    CHECK(look_up(world, "_gone._tcp.example", 0s).error == errc::timed_out);
}

} // namespace
