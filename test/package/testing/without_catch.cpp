// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/connect.hpp>
#include <eddy/sim/check.hpp>

#include "chat.hpp"

#include <exception>
#include <iostream>

namespace sim = eddy::sim;

namespace {

eddy::task<> come_in() {
    auto peer = co_await eddy::connect("tcp://server:7012");
    sim::expect(peer.has_value(), "the server takes the visitor");
    co_await peer->write("ann\n");
    const auto heard = co_await peer->read_line();
    sim::expect(heard && *heard == "* ann is here", "the visitor is greeted");
    co_await peer->close();
}

void greeting(sim::world& world) {
    auto& host = world.add_host("server");
    chat_room room;
    eddy::server server(host.loop(), {});
    server.serve("tcp://[::]:7012", [&room](eddy::session& peer) { return room.visit(peer); });
    server.start();
    world.add_host("ann").spawn(come_in());
    world.run();
}

} // namespace

/// [main]
int main() {
    try {
        sim::check("greeting", {}, greeting); // a hundred seeds, on the profile lan
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
/// [main]
