// SPDX-License-Identifier: BSL-1.0

// A relay between two endpoints, as socat is one: example_10_relay LISTEN UPSTREAM

#include <eddy/net/connect.hpp>
#include <eddy/net/relay.hpp>
#include <eddy/server.hpp>

#include <iostream>
#include <string>

namespace {

/// [relay]
eddy::task<> pass_on(eddy::session& client, eddy::endpoint upstream) {
    auto service = co_await eddy::connect(upstream);
    if (!service) {
        std::cerr << upstream.to_string() << ": " << service.error().message() << '\n';
        client.abort(); // an orderly end would look like an answer
        co_return;
    }
    const auto report = co_await eddy::relay(client, *service);
    std::cerr << client.id() << ": " << report.to_second << " bytes there, " << report.to_first
              << " back";
    if (report.error) {
        std::cerr << ", then " << report.error.message();
    }
    std::cerr << '\n';
    co_await service->close();
}
/// [relay]

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " LISTEN UPSTREAM\n";
        return 2;
    }
    try {
        const eddy::endpoint upstream(argv[2]);
        eddy::server server;
        server.serve(argv[1], [upstream](eddy::session& client) {
            return pass_on(client, upstream);
        });
        server.on_ready([&] { std::cout << server.endpoints().front().to_string() << std::endl; });
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
