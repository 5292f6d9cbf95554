// SPDX-License-Identifier: BSL-1.0

// A long answer to a short question, over UDP. Whoever forges the source of a question must not get
// the answer sent to somebody else, so a stranger first gets a token, and the answer when the token
// comes back.

#include <eddy/net/reply_guard.hpp>
#include <eddy/server.hpp>

#include <functional>
#include <iostream>
#include <random>
#include <string>

namespace {

constexpr std::size_t answer_size = 1200;

/// A number that only its receiver can know. (Where guessing it is worth an effort: a MAC.)
std::string token_for(const eddy::address& peer) {
    static const std::string secret = std::to_string(std::random_device()());
    return "token " + std::to_string(std::hash<std::string>()(secret + peer.to_string()));
}

/// [answer]
eddy::task<> answer(eddy::datagrams& socket) {
    eddy::reply_guard guard(socket);
    const std::string everything(answer_size, '!');
    while (const auto batch = co_await socket.receive()) {
        for (const eddy::datagram& question : *batch) {
            if (!guard.allows(question)) {
                continue; // a loop, a flood, or from where services are
            }
            const std::string token = token_for(question.peer);
            if (eddy::byte_view(question.data).text() == token) {
                guard.confirm(question.peer);
            }
            if (guard.may_send(question.peer, everything.size())) {
                co_await socket.reply(question, everything);
            } else if (guard.may_send(question.peer, token.size())) {
                co_await socket.reply(question, token);
            }
        }
    }
}
/// [answer]

} // namespace

int main(int argc, char** argv) {
    try {
        eddy::server server;
        server.serve(argc > 1 ? argv[1] : "udp://127.0.0.1:7012", answer);
        server.on_ready([&] { std::cout << server.endpoints().front().port() << std::endl; });
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
