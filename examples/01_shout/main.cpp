// SPDX-License-Identifier: BSL-1.0
/// [include]
#include <eddy/server.hpp>
/// [include]

#include <cctype>
#include <string>
#include <string_view>

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (char& letter : upper) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return upper;
}

/// [handler]
eddy::task<> shout(eddy::session& peer) {
    while (auto line = co_await peer.read_line()) {  // a result, lent until the next read
        co_await peer.write(to_upper(*line) + "\n"); // suspends while the peer is slow
    }
} // returning closes: flush, FIN, linger, close
/// [handler]

/// [main]
int main() {
    eddy::server server;
    server.serve("tcp://[::]:7000", shout);
    return server.run(); // SIGTERM drains, the exit status tells whether all finished
}
/// [main]
