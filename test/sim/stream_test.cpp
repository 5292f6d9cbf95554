// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/sim/world.hpp>

#include "sim/raw_operations.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <memory>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
namespace sim = eddy::sim;

const char* const any_port_7 = "tcp://0.0.0.0:7";

sim::world_options calm() {
    sim::world_options options;
    options.profile = sim::profile::calm();
    return options;
}

/// A server and a client on a calm network.
struct pair_of_hosts {
    explicit pair_of_hosts(const sim::world_options& options = calm()) : world(options) {}

    /// Runs both sides of one connection to their ends.
    template <class Server, class Client>
    void run(Server serve, Client talk, eddy::socket_options options = {}) {
        auto serving = [](Server body, eddy::socket_options with) -> task<> {
            auto listener = raw::listen(any_port_7, with);
            auto accepted = co_await raw::accept(*listener);
            co_await body(std::move(accepted.stream));
        };
        auto talking = [](Client body, eddy::address to, eddy::socket_options with) -> task<> {
            auto connected = co_await raw::connect(to, with);
            co_await body(std::move(connected.stream));
        };
        server.spawn(serving(serve, options));
        client.spawn(talking(talk, server.ipv4().with_port(7), options));
        world.run();
    }

    sim::world world;
    sim::host& server = world.add_host("server");
    sim::host& client = world.add_host("client");
};

using stream_ptr = std::unique_ptr<eddy::stream>;

TEST_CASE("sim stream: both sides talk and close, each reads all and the end", "[sim][stream]") {
    pair_of_hosts hosts;
    raw::read_result heard_by_server;
    raw::read_result heard_by_client;

    hosts.run(
        [&](stream_ptr peer) -> task<> {
            co_await raw::write(*peer, "welcome");
            peer->shutdown_send();
            heard_by_server = co_await raw::read_all(*peer);
        },
        [&](stream_ptr peer) -> task<> {
            heard_by_client = co_await raw::read_all(*peer);
            co_await raw::write(*peer, "thanks"); // the other half is still open
        }
    );

    CHECK(heard_by_client.text == "welcome");
    CHECK(heard_by_client.error == errc::end_of_stream);
    CHECK(heard_by_server.text == "thanks");
    CHECK(heard_by_server.error == errc::end_of_stream);
    CHECK(hosts.server.open_descriptors() == 0);
    CHECK(hosts.client.open_descriptors() == 0);
}

TEST_CASE("sim stream: addresses, each side's local is the other's peer", "[sim][stream]") {
    pair_of_hosts hosts;
    eddy::address accepted_local;
    eddy::address accepted_peer;

    hosts.run(
        [&](stream_ptr peer) -> task<> {
            accepted_local = peer->local();
            accepted_peer = peer->peer();
            co_return;
        },
        [&](stream_ptr peer) -> task<> {
            co_await raw::read(*peer);
            CHECK(peer->peer() == accepted_local);
            CHECK(peer->local() == accepted_peer);
        }
    );

    CHECK(accepted_local == hosts.server.ipv4().with_port(7));
    CHECK(accepted_peer.with_port(0) == hosts.client.ipv4());
}

TEST_CASE(
    "sim stream: closed with unread data, the peer reads what was sent and then a reset",
    "[sim][stream]"
) {
    pair_of_hosts hosts;
    raw::read_result heard;

    hosts.run(
        [](stream_ptr peer) -> task<> {
            co_await raw::write(*peer, "goodbye");
            co_await eddy::sleep(10ms); // the client's line has come, and stays unread
        },
        [&](stream_ptr peer) -> task<> {
            co_await raw::write(*peer, "are you there?");
            heard = co_await raw::read_all(*peer);
            const auto again = co_await raw::read(*peer); // the error is told once
            CHECK(again.error == errc::end_of_stream);
            const auto written = co_await raw::write(*peer, "hello?");
            CHECK(written == errc::reset);
        }
    );

    CHECK(heard.text == "goodbye");
    CHECK(heard.error == errc::reset);
}

TEST_CASE("sim stream: aborted, the peer reads a reset", "[sim][stream]") {
    pair_of_hosts hosts;

    hosts.run(
        [](stream_ptr peer) -> task<> {
            peer->abort();
            co_return;
        },
        [](stream_ptr peer) -> task<> {
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.error == errc::reset);
        }
    );
}

TEST_CASE("sim stream: written to after the peer closed, the second write fails", "[sim][stream]") {
    pair_of_hosts hosts;

    hosts.run(
        [](stream_ptr) -> task<> { co_return; },
        [](stream_ptr peer) -> task<> {
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.error == errc::end_of_stream);
            const auto first = co_await raw::write(
                *peer, "first"
            ); // the kernel takes it, the peer answers with a reset
            CHECK(!first);
            co_await eddy::sleep(10ms);
            const auto second = co_await raw::write(*peer, "second");
            CHECK(second == errc::reset);
        }
    );
}

TEST_CASE("sim stream: written to after shutdown_send, fails at once", "[sim][stream]") {
    pair_of_hosts hosts;

    hosts.run(
        [](stream_ptr peer) -> task<> { co_await raw::read(*peer); },
        [](stream_ptr peer) -> task<> {
            peer->shutdown_send();
            const auto written = co_await raw::write(*peer, "too late");
            CHECK(written == errc::reset);
        }
    );
}

TEST_CASE(
    "sim stream: the peer does not read, writing stops when both buffers are full", "[sim][stream]"
) {
    pair_of_hosts hosts;
    eddy::socket_options small;
    small.send_buffer = 1'000;
    small.receive_buffer = 500;
    const std::string much(10'000, 'x');
    std::size_t received = 0;

    hosts.run(
        [&](stream_ptr peer) -> task<> {
            co_await eddy::sleep(1s);
            received = (co_await raw::read(*peer)).text.size();
            co_await raw::read_exactly(*peer, much.size() - received);
        },
        [&](stream_ptr peer) -> task<> {
            const auto begin = eddy::loop_clock::now();
            co_await raw::write(*peer, much);
            CHECK(eddy::loop_clock::now() - begin > 1s);
        },
        small
    );

    CHECK(received == 500);
}

TEST_CASE("sim stream: bandwidth, a large transfer takes its time", "[sim][stream]") {
    pair_of_hosts hosts;
    hosts.world.link(hosts.client, hosts.server).options.bandwidth = 100'000;
    eddy::duration taken{};

    hosts.run(
        [&](stream_ptr peer) -> task<> {
            const auto begin = eddy::loop_clock::now();
            co_await raw::read_exactly(*peer, 200'000);
            taken = eddy::loop_clock::now() - begin;
        },
        [](stream_ptr peer) -> task<> {
            co_await raw::write(*peer, std::string(200'000, 'x'));
            co_await raw::read(*peer);
        }
    );

    CHECK(taken > 1900ms);
    CHECK(taken < 2100ms);
}

TEST_CASE("sim stream: link cut and healed, what was written arrives late", "[sim][stream]") {
    pair_of_hosts hosts;
    eddy::duration waited{};
    hosts.world.after(5ms, [&] { hosts.world.cut(hosts.server, hosts.client); });
    hosts.world.after(5s, [&] { hosts.world.heal(hosts.server, hosts.client); });

    hosts.run(
        [&](stream_ptr peer) -> task<> {
            const auto begin = eddy::loop_clock::now();
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.text == "late");
            waited = eddy::loop_clock::now() - begin;
        },
        [](stream_ptr peer) -> task<> {
            co_await eddy::sleep(100ms);
            co_await raw::write(*peer, "late");
            co_await raw::read(*peer);
        }
    );

    CHECK(waited > 4s);
}

TEST_CASE("sim stream: the peer's host vanishes, keep-alive ends the connection", "[sim][stream]") {
    pair_of_hosts hosts;
    hosts.world.after(1s, [&] { hosts.server.kill(); });
    eddy::duration waited{};

    hosts.run(
        [](stream_ptr peer) -> task<> { co_await raw::read(*peer); },
        [&](stream_ptr peer) -> task<> {
            const auto begin = eddy::loop_clock::now();
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.error == sim::system_error(ETIMEDOUT));
            waited = eddy::loop_clock::now() - begin;
        }
    );

    CHECK(waited > 119s); // 60 s of silence, then six probes, one every 10 s
    CHECK(waited <= 120s);
}

TEST_CASE(
    "sim stream: the peer's host vanishes with data on the way, retransmission gives up",
    "[sim][stream]"
) {
    pair_of_hosts hosts;
    hosts.world.after(1s, [&] { hosts.server.kill(); });
    eddy::socket_options no_probes;
    no_probes.keepalive = 0s;

    hosts.run(
        [](stream_ptr peer) -> task<> { co_await raw::read(*peer); },
        [](stream_ptr peer) -> task<> {
            co_await eddy::sleep(2s);
            const auto written = co_await raw::write(*peer, "anybody?");
            CHECK(!written);
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.error == sim::system_error(ETIMEDOUT));
        },
        no_probes
    );
}

TEST_CASE(
    "sim stream: the peer's process crashes, its kernel closes the connection", "[sim][stream]"
) {
    pair_of_hosts hosts;
    hosts.world.after(1s, [&] { hosts.server.crash(); });

    hosts.run(
        [](stream_ptr peer) -> task<> { co_await raw::read(*peer); },
        [](stream_ptr peer) -> task<> {
            const auto heard = co_await raw::read(*peer);
            CHECK(heard.error == errc::end_of_stream);
        }
    );

    CHECK(hosts.server.open_descriptors() == 0);
}

TEST_CASE(
    "sim stream: every segment cut at random and every wake-up late, no byte is lost or changed",
    "[sim][stream]"
) {
    sim::world_options options;
    options.profile = sim::profile::hostile();
    options.seed = GENERATE(range(1U, 6U));
    pair_of_hosts hosts(options);
    std::string sent;
    for (int i = 0; i < 5'000; ++i) {
        sent += std::to_string(i) + ' ';
    }
    std::string echoed;

    hosts.run(
        [](stream_ptr peer) -> task<> {
            for (;;) {
                const auto read = co_await raw::read(*peer);
                if (read.error || co_await raw::write(*peer, read.text)) {
                    co_return;
                }
            }
        },
        [&](stream_ptr peer) -> task<> {
            auto writing = [](eddy::stream& to, const std::string& text) -> task<> {
                co_await raw::write(to, text);
                to.shutdown_send();
            };
            eddy::scope both;
            both.spawn(writing(*peer, sent));
            echoed = (co_await raw::read_all(*peer)).text;
            co_await both.join();
        }
    );

    CHECK(echoed == sent);
}

TEST_CASE("sim stream: Unix sockets, the peer's end is known at once", "[sim][stream]") {
    sim::world world(calm());
    auto& host = world.add_host("host");
    const eddy::endpoint at("unix:/run/service");
    raw::read_result heard;
    auto serve = [](const eddy::endpoint& where) -> task<> {
        auto listener = raw::listen(where);
        auto peer = std::move((co_await raw::accept(*listener)).stream);
        co_await raw::write(*peer, (co_await raw::read(*peer)).text);
    };
    auto talk = [](const eddy::endpoint& where, raw::read_result& result) -> task<> {
        auto peer = std::move(
            (co_await raw::connect(where.kind(), eddy::address::local(where.path()))).stream
        );
        co_await raw::write(*peer, "hello");
        result = co_await raw::read_all(*peer);
        const auto written =
            co_await raw::write(*peer, "still there?"); // a Unix socket knows at once
        CHECK(written == errc::reset);
    };

    host.spawn(serve(at));
    host.spawn(talk(at, heard));
    world.run();

    CHECK(heard.text == "hello");
    CHECK(heard.error == errc::end_of_stream);
}

} // namespace
