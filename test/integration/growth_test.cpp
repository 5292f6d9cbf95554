// SPDX-License-Identifier: BSL-1.0
// Memory after many sessions. `bench/growth` does the same with the daemon and millions of them.
#include <eddy/core/loop.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <unistd.h>

using namespace std::chrono_literals;

namespace eddy {
namespace {

task<> echo(session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

task<> visit(const endpoint& where, int times) {
    for (int i = 0; i != times; ++i) {
        auto peer = co_await connect(where);
        if (!peer) {
            throw std::runtime_error("connect: " + peer.error().message());
        }
        co_await peer->write("word");
        const auto reply = co_await peer->read_exactly(4, within(30s));
        if (!reply) {
            throw std::runtime_error("read: " + reply.error().message());
        }
        co_await peer->close();
    }
}

task<std::ptrdiff_t> growth_of(server& tested, int warm_up, int sessions) {
    const auto where = tested.endpoints().front();
    co_await visit(where, warm_up);
    const test::allocation_counter counted;
    co_await visit(where, sessions);
    const auto growth = counted.growth();
    tested.request_drain();
    co_await tested.stopped();
    co_return growth;
}

TEST_CASE("server: sessions come and go, memory does not grow", "[integration][growth]") {
    struct row {
        std::string where;
        int sessions;
    };
    // Fewer over TCP, where each blocks a port for a minute.
    const auto [where, sessions] = GENERATE(values<row>(
        {{"unix:@eddy-growth-" + std::to_string(::getpid()), 20'000},
         {"tcp://127.0.0.1:0", 5'000},
         {"mem:growth-test", 20'000}}
    ));
    if (!test::allocation_counter::is_available()) {
        return;
    }
    loop here;
    server tested(here, {});
    tested.serve(where, echo);
    tested.start();

    const auto growth = here.run(growth_of(tested, 1'000, sessions));

    // A peak of sessions that close at once may leave a few free blocks more; the least that a
    // session could lose is 24 bytes.
    CHECK(growth < 24 * sessions / 4);
    CHECK(tested.report().listeners.front().finished == std::uint64_t(sessions + 1'000));
}

} // namespace
} // namespace eddy
