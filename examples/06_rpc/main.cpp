// SPDX-License-Identifier: BSL-1.0

// Questions and answers with a length and a number before each: the service, and a client that asks
// all its questions at once. docs/guide/write_your_protocol.md explains it step by step.
//   example_06_rpc serve ENDPOINT
//   example_06_rpc ask ENDPOINT QUESTION...

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/messages.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server.hpp>

#include "rpc.hpp"

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

namespace {

/// [serve]
int serve(const std::string& where) {
    eddy::listen_options options;
    options.max_sessions = 1000;
    options.limits.deadlines.frame = 5s; // from the first byte of a question to its last
    eddy::server server({.drain_timeout = 5s});
    server.serve(where, eddy::serve_messages(rpc_codec(), answer), options);
    return server.run();
}
/// [serve]

/// [ask]
using rpc_caller = eddy::caller<rpc_codec>;

eddy::task<> ask(rpc_caller& calls, std::string_view text) {
    const rpc_message question{static_cast<std::uint32_t>(calls.next_id()), text};
    const auto heard = co_await calls.call(question, eddy::within(5s));
    std::cout << text << " = " << (heard ? (*heard)->text : heard.error().message()) << '\n';
}

eddy::task<int> ask_all(eddy::endpoint where, std::span<char*> questions) {
    auto peer = co_await eddy::connect(where);
    if (!peer) {
        std::cerr << "no connection: " << peer.error().message() << '\n';
        co_return 1;
    }
    rpc_caller calls(*peer);
    eddy::scope asking;
    for (const char* question : questions) {
        asking.spawn(ask(calls, question));
    }
    co_await asking.join();
    co_return 0;
}
/// [ask]

} // namespace

int main(int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    try {
        if (argc >= 3 && arguments[1] == std::string_view("serve")) {
            return serve(arguments[2]);
        }
        if (argc >= 3 && arguments[1] == std::string_view("ask")) {
            eddy::loop loop;
            return loop.run(ask_all(eddy::endpoint(arguments[2]), arguments.subspan(3)));
        }
        std::cerr << "usage: " << arguments[0] << " serve|ask ENDPOINT [QUESTION]...\n";
        return 2;
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
