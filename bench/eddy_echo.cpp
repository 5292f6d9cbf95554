// SPDX-License-Identifier: BSL-1.0

// Echo on Eddy, as a user would write it.
//   echo  what has arrived, as soon as it has
//   line  each line by itself
//   frame each message by itself, with its length before it
//   udp   each datagram
// and after that: `loops 2`, `no_deadlines`.

#include <eddy/messages/serve_messages.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/server.hpp>
#include <eddy/wire/length_prefixed.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

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

struct choices {
    std::string_view mode = "echo";
    unsigned loops = 1;
    eddy::listen_options listening;
};

choices chosen(int argc, char** argv) {
    choices made;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "no_deadlines") {
            made.listening.limits.deadlines = {};
        } else if (word == "loops" && i + 1 < argc) {
            made.loops = static_cast<unsigned>(std::atoi(argv[++i]));
        } else {
            made.mode = word;
        }
    }
    return made;
}

void serve(eddy::server& server, const choices& made) {
    if (made.mode == "udp") {
        server.serve("udp://127.0.0.1:0", echo_datagrams);
    } else if (made.mode == "frame") {
        server.serve(
            "tcp://127.0.0.1:0",
            eddy::serve_messages(eddy::wire::length_prefixed(), same),
            made.listening
        );
    } else {
        server.serve("tcp://127.0.0.1:0", made.mode == "line" ? echo_lines : echo, made.listening);
    }
}

} // namespace

int main(int argc, char** argv) {
    const choices made = chosen(argc, argv);
    eddy::server_config config;
    config.workers = made.loops;
    eddy::server server(config);
    serve(server, made);
    server.on_ready([&] {
        std::printf("port %u\n", unsigned{server.endpoints().front().port()});
        std::fflush(stdout);
    });
    return server.run();
}
