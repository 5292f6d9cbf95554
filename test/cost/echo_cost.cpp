// SPDX-License-Identifier: BSL-1.0
// A server and its client on one loop: what they do is the same each time, so that the instructions
// of a message can be counted (test/cost/count_instructions).
#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/messages.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/wire.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using eddy::task;

constexpr std::size_t message_size = 64; // bytes
constexpr unsigned depth = 16;           // messages on their way, where they are pipelined

task<> echo(eddy::session& peer) {
    while (const auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

task<> echo_lines(eddy::session& peer) {
    while (const auto line = co_await peer.read_line()) {
        co_await peer.write(*line, "\n");
    }
}

task<> echo_frames(eddy::session& peer) {
    eddy::framed messages(peer, eddy::wire::length_prefixed({.max = 1024}));
    while (const auto message = co_await messages.read()) {
        co_await messages.write(*message);
    }
}

struct scenario {
    std::string_view name;
    task<> (*serve)(eddy::session&);
    std::string message;
    unsigned in_a_row;
};

/// Exchanges `count` messages, so many at once as the scenario says.
task<> exchange(const eddy::endpoint& at, const scenario& what, unsigned count) {
    std::string burst;
    for (unsigned i = 0; i != what.in_a_row; ++i) {
        burst += what.message;
    }
    auto peer = (co_await eddy::connect(at)).value();
    for (unsigned done = 0; done < count; done += what.in_a_row) {
        co_await peer.write(burst);
        const auto back = co_await peer.read_exactly(burst.size());
        if (!back) {
            std::abort();
        }
    }
    co_await peer.close();
}

task<> run(eddy::server& server, const scenario& what, unsigned count) {
    server.start();
    co_await exchange(server.endpoints().front(), what, count);
    server.request_drain();
    co_await server.stopped();
}

} // namespace

int main(int argc, char** argv) {
    const std::string line = std::string(message_size - 1, 'x') + '\n';
    const std::string frame = std::string("\0\0\0\x3c", 4) + std::string(message_size - 4, 'x');
    const scenario all[] = {
        {"echo", &echo, line, 1},
        {"pipelined", &echo, line, depth},
        {"lines", &echo_lines, line, depth},
        {"frames", &echo_frames, frame, depth},
    };
    const std::string_view name = argc == 3 ? argv[1] : "";
    for (const auto& each : all) {
        if (each.name == name) {
            eddy::log::set_level(eddy::log::level::error);
            eddy::loop loop;
            eddy::server server(loop, {});
            server.serve("tcp://127.0.0.1:0", each.serve);
            const auto count = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
            loop.run(run(server, each, count));
            return 0;
        }
    }
    std::fputs("usage: echo_cost echo|pipelined|lines|frames MESSAGES\n", stderr);
    return 2;
}
