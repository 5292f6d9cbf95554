// SPDX-License-Identifier: BSL-1.0
// A server behind a proxy, on simulated hosts: the server is 10.0.0.1, the proxy 10.0.0.2.
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/proxy_header.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>

#include "sim/raw_operations.hpp"

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using eddy::address;
using eddy::close_reason;
using eddy::task;
namespace sim = eddy::sim;

const std::string of_client = "PROXY TCP4 203.0.113.7 10.0.0.1 1234 7\r\n";

/// Tells whom it serves and then echoes.
task<> name_client(eddy::session& peer) {
    co_await peer.write(peer.client().to_string() + (peer.proxied() ? " told\n" : " seen\n"));
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

struct outcome {
    std::string reply;
    eddy::listener_report report;
    eddy::duration took{};
};

/// What the proxy, or whoever takes its place, does with its connection.
using visit = std::function<task<>(eddy::session&, outcome&)>;

task<> read_reply(eddy::session& peer, outcome& seen) {
    const auto reply = co_await peer.read_line();
    seen.reply = reply ? std::string(*reply) : reply.error().message();
}

visit saying(const std::string& words) {
    return [words](eddy::session& peer, outcome& seen) -> task<> {
        co_await peer.write(words);
        co_await read_reply(peer, seen);
    };
}

eddy::listen_options behind_proxy() {
    eddy::listen_options listening;
    listening.proxy.mode = eddy::proxy_protocol::require;
    listening.proxy.trusted = {*eddy::address_range::parse("10.0.0.2")};
    return listening;
}

void serve_in(
    sim::world& world,
    const std::vector<visit>& visits,
    outcome& seen,
    const eddy::listen_options& listening = behind_proxy(),
    const eddy::server_config& config = {},
    const eddy::handler& service = name_client
) {
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), config);
    server.serve("tcp://0.0.0.0:7", service, listening);
    server.start();
    const auto go = [&seen](visit what) -> task<> {
        const auto began = eddy::loop_clock::now();
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
        if (peer) {
            co_await what(*peer, seen);
        }
        seen.took = eddy::loop_clock::now() - began;
    };
    auto& proxy = world.add_host("proxy");
    for (const auto& each : visits) {
        proxy.spawn(go(each));
    }
    world.run();
    server.request_drain();
    host.run(server.stopped());
    seen.report = server.report().listeners.front();
    const auto& counted = seen.report;
    sim::expect(host.open_descriptors() == 0, "the server closes its sockets");
    sim::expect(
        counted.accepted == counted.finished + counted.unserved, "each session is counted once"
    );
}

outcome serve(
    const std::vector<visit>& visits,
    const eddy::listen_options& listening = behind_proxy(),
    const eddy::server_config& config = {},
    const eddy::handler& service = name_client
) {
    sim::world world({.profile = sim::profile::calm()});
    outcome seen;
    serve_in(world, visits, seen, listening, config, service);
    return seen;
}

TEST_CASE("sim proxy: silent when a drain comes, is unserved and not idle", "[sim][proxy]") {
    sim::world world({.profile = sim::profile::calm()});
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    server.serve("tcp://0.0.0.0:7", name_client, behind_proxy());
    server.start();
    auto wait = []() -> task<> {
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
        co_await peer->read();
    };

    world.add_host("proxy").spawn(wait());
    world.run_for(1s);
    server.request_drain();
    host.run(server.stopped());

    const auto report = server.report().listeners.front();
    CHECK(report.accepted == 1);
    CHECK(report.unserved == 1);
    CHECK(report.idle_closed == 0);
    CHECK(report.finished == 0);
}

TEST_CASE("sim proxy: a trusted one names the client of either version", "[sim][proxy]") {
    const eddy::proxy_header binary{
        .source = *address::parse("[2001:db8::1]:9"), .destination = *address::parse("[::1]:7")
    };
    CHECK(serve({saying(of_client)}).reply == "203.0.113.7:1234 told");
    CHECK(serve({saying(binary.to_bytes())}).reply == "[2001:db8::1]:9 told");
    const auto unknown = serve({saying("PROXY UNKNOWN\r\n")});
    CHECK(unknown.reply.starts_with("10.0.0.2:"));
    CHECK(unknown.reply.ends_with(" told"));
    CHECK(unknown.report.proxy.headers == 1);
}

TEST_CASE("sim proxy: on any network, the client that is named or none", "[sim][proxy]") {
    sim::check_options options;
    options.seeds = 500;
    options.world.profile = sim::profile::hostile();
    sim::check("proxy header", options, [](sim::world& world) {
        outcome seen;
        serve_in(world, {saying(of_client + "hello")}, seen);
        const bool is_named = seen.reply == "203.0.113.7:1234 told";
        sim::expect(is_named == (seen.reply.find("told") != std::string::npos), seen.reply);
        sim::expect(seen.report.proxy.malformed == 0, "a right header is never refused");
    });
}

TEST_CASE("sim proxy: a header byte by byte is read whole", "[sim][proxy]") {
    const auto seen = serve({[](eddy::session& peer, outcome& all) -> task<> {
        for (const char each : of_client + "hello") {
            co_await peer.write(std::string(1, each));
            co_await eddy::sleep(10ms);
        }
        co_await read_reply(peer, all);
        const auto echo = co_await peer.read_exactly(5);
        sim::expect(echo && raw::text_of(*echo) == "hello", "the client's bytes are its own");
    }});
    CHECK(seen.reply == "203.0.113.7:1234 told");
}

TEST_CASE("sim proxy: no header, no service, and a count of its own", "[sim][proxy]") {
    struct row {
        const char* what;
        visit does;
        std::uint64_t eddy::proxy_report::* counted;
        eddy::duration most;
    };
    const visit leave = [](eddy::session& peer, outcome&) -> task<> { co_await peer.close(); };
    const visit stay = [](eddy::session& peer, outcome& seen) -> task<> {
        co_await read_reply(peer, seen);
    };
    const visit drip = [](eddy::session& peer, outcome& seen) -> task<> {
        bool goes_on = true;
        for (std::size_t i = 0; goes_on && i != of_client.size(); ++i) {
            goes_on = (co_await peer.write(of_client.substr(i, 1))).has_value();
            co_await eddy::sleep(1s);
        }
        co_await read_reply(peer, seen);
    };
    const visit break_off = [](eddy::session& peer, outcome&) -> task<> {
        co_await peer.write("PROXY TCP4");
        co_await peer.close();
    };
    const auto each = GENERATE_COPY(values<row>({
        {"a health check", leave, &eddy::proxy_report::silent, 1s},
        {"nothing", stay, &eddy::proxy_report::late, 6s},
        {"slow", drip, &eddy::proxy_report::late, 10s},
        {"broken off", break_off, &eddy::proxy_report::broken, 1s},
        {"no header", saying("GET / HTTP/1.1\r\n\r\n"), &eddy::proxy_report::malformed, 1s},
        {"a line without end",
         saying("PROXY " + std::string(200, 'x')),
         &eddy::proxy_report::malformed,
         1s},
        {"a wrong port",
         saying("PROXY TCP4 192.0.2.1 192.0.2.2 1 70000\r\n"),
         &eddy::proxy_report::malformed,
         1s},
    }));
    INFO(each.what);
    const auto seen = serve({each.does});
    CHECK(seen.report.proxy.*each.counted == 1);
    CHECK(seen.report.unserved == 1);
    CHECK(seen.report.proxy.headers == 0);
    CHECK(seen.reply.find("told") == std::string::npos);
    CHECK(seen.took <= each.most);
    const bool is_late = each.counted == &eddy::proxy_report::late;
    CHECK(seen.report.ended(close_reason::proxy_header) == (is_late ? 1 : 0));
}

TEST_CASE("sim proxy: the time of the client begins behind the header", "[sim][proxy]") {
    const visit name_and_stay = [](eddy::session& peer, outcome&) -> task<> {
        co_await eddy::sleep(4s);
        co_await peer.write(of_client);
        while (co_await peer.read()) {
        }
    };
    const auto listen_first = [](eddy::session& peer) -> task<> { (void)co_await peer.read(); };
    const auto silent = serve({name_and_stay}, behind_proxy(), {}, listen_first);
    CHECK(silent.report.ended(close_reason::first_byte) == 1);
    CHECK(silent.took >= 14s);

    const auto idle = serve({name_and_stay}); // the service has spoken
    CHECK(idle.report.ended(close_reason::idle) == 1);
    CHECK(idle.took >= 64s);
}

TEST_CASE("sim proxy: strangers are refused, or served as they are", "[sim][proxy]") {
    auto listening = behind_proxy();
    listening.proxy.trusted = {*eddy::address_range::parse("192.0.2.0/24")};
    const auto refused = serve({saying(of_client)}, listening);
    CHECK(refused.report.proxy.untrusted == 1);
    CHECK(refused.report.unserved == 1);
    CHECK(refused.report.bytes_received == 0);

    listening.proxy.untrusted = eddy::when_untrusted::serve;
    const auto served = serve({saying(of_client)}, listening);
    CHECK(served.report.proxy.skipped == 1);
    CHECK(served.reply.starts_with("10.0.0.2:"));
    CHECK(served.reply.ends_with(" seen"));
}

TEST_CASE("sim proxy: the limits of a source are those of the client", "[sim][proxy]") {
    const visit hold = [](eddy::session& peer, outcome&) -> task<> {
        co_await peer.write(of_client);
        const auto reply = co_await peer.read_line();
        if (reply) {
            co_await eddy::sleep(5s);
        }
    };
    const visit other = [](eddy::session& peer, outcome& all) -> task<> {
        co_await eddy::sleep(1s);
        co_await peer.write("PROXY TCP4 203.0.113.8 10.0.0.1 1 7\r\n");
        co_await read_reply(peer, all);
    };
    eddy::server_config config;
    config.max_sessions_per_source = 2;
    const auto by_places = serve({hold, hold, hold, hold, other}, behind_proxy(), config);
    CHECK(by_places.report.refused_by_source == 2);
    CHECK(by_places.report.unserved == 2);
    CHECK(by_places.report.refused == 0);
    CHECK(by_places.reply == "203.0.113.8:1 told");

    const visit check = [](eddy::session& peer, outcome&) -> task<> {
        co_await peer.write("PROXY UNKNOWN\r\n");
        const auto reply = co_await peer.read_line();
        sim::expect(reply.has_value(), "the proxy itself has as many as it likes");
        co_await eddy::sleep(5s);
    };
    const auto own = serve({check, check, check, check}, behind_proxy(), config);
    CHECK(own.report.refused_by_source == 0);

    config = {};
    config.accept_rate_per_source = 1;
    const auto by_rate = serve({hold, hold, hold, other}, behind_proxy(), config);
    CHECK(by_rate.report.refused_by_rate == 2);
    CHECK(by_rate.reply == "203.0.113.8:1 told");
}

TEST_CASE("sim proxy: a drain does not wait for a header", "[sim][proxy]") {
    sim::world world({.profile = sim::profile::calm()});
    auto& host = world.add_host("server");
    eddy::server server(host.loop(), {});
    auto listening = behind_proxy();
    listening.limits.deadlines = {};
    server.serve("tcp://0.0.0.0:7", name_client, listening);
    server.start();
    const auto wait = []() -> task<> {
        auto peer = co_await eddy::connect("tcp://10.0.0.1:7");
        const auto end = co_await peer->read();
        sim::expect(!end, "the server ends");
    };
    world.add_host("proxy").spawn(wait());
    world.run_for(1s);
    server.request_drain();
    host.run(server.stopped());
    const auto report = server.report().listeners.front();
    CHECK(report.unserved == 1);
    CHECK(report.forced == 0);
}

} // namespace
