// SPDX-License-Identifier: BSL-1.0
// What every engine must do for datagram sockets, beyond what the parity tests tell.
#include <eddy/core/loop.hpp>
#include <eddy/net/datagrams.hpp>

#include "support/catch.hpp"
#include "support/engines.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

TEST_CASE("datagrams: as many as one call takes, then none, the next one comes all the same") {
    const auto here = test::loop_of_each_engine();
    const auto program = []() -> task<> {
        auto from = datagrams::open(endpoint("udp://127.0.0.1:0"));
        auto at = datagrams::open(endpoint("udp://127.0.0.1:0"));
        REQUIRE(from);
        REQUIRE(at);
        const address target = at->local().numeric().value();
        constexpr std::size_t batch = 32;
        for (std::size_t size = 1; size <= batch; ++size) { // growing, so that none joins another
            co_await from->send(target, std::string(size, 'x'));
        }
        const auto all = co_await at->receive(within(5s));
        REQUIRE(all);
        REQUIRE(all->size() == batch);

        co_await from->send(target, "late"); // leaves when the receive has found nothing
        const auto last = co_await at->receive(within(5s));

        REQUIRE(last);
        CHECK(last->size() == 1);
        CHECK(byte_view(last->front().data).text() == "late");
        CHECK(at->stats().receive_errors == 0);
    };
    here->run(program());
}

} // namespace
} // namespace eddy
