// SPDX-License-Identifier: BSL-1.0

// A chat for lines: everybody hears what anybody says. docs/guide/test_your_service.md tells how it
// is tested in simulated networks.

#include "chat.hpp"

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
    const std::string where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7012";
    try {
        chat_room room;
        eddy::server server; // one worker, so one loop: the room needs no lock
        eddy::listen_options options;
        options.limits.deadlines.idle = 1h; // people may listen for long
        server.serve(where, [&room](eddy::session& peer) { return room.visit(peer); }, options);
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
