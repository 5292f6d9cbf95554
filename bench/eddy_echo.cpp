// SPDX-License-Identifier: BSL-1.0

// Echo on Eddy, as a user would write it.
//   echo  what has arrived, as soon as it has
//   line  each line by itself
//   frame each message by itself, with its length before it
//   udp   each datagram

#include <eddy/messages/serve_messages.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/server.hpp>
#include <eddy/wire/length_prefixed.hpp>

#include <cstdio>
#include <string_view>
#include <unistd.h>

namespace {

eddy::task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

eddy::task<> echo_lines(eddy::session& peer) {
    while (auto line = co_await peer.read_line()) {
        co_await peer.write(*line, "\n");
    }
}

eddy::byte_view same(const eddy::byte_view& message) {
    return message;
}

eddy::task<> echo_datagrams(eddy::datagrams& socket) {
    while (auto batch = co_await socket.receive()) {
        for (const eddy::datagram& received : *batch) {
            co_await socket.reply(received, received.data);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "echo";
    eddy::server server;
    if (mode == "udp") {
        server.serve("udp://127.0.0.1:0", echo_datagrams);
    } else if (mode == "frame") {
        server.serve(
            "tcp://127.0.0.1:0", eddy::serve_messages(eddy::wire::length_prefixed(), same)
        );
    } else {
        server.serve("tcp://127.0.0.1:0", mode == "line" ? echo_lines : echo);
    }
    server.on_ready([&] {
        std::printf("port %u\n", unsigned{server.endpoints().front().port()});
        std::fflush(stdout);
    });
    return server.run();
}
