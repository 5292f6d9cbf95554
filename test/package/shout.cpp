// SPDX-License-Identifier: BSL-1.0
// The program of the README, compiled as it stands by the consumers in this folder.
#include <eddy/server.hpp>

#include <cctype>
#include <string>
#include <string_view>

static std::string to_upper(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return result;
}

eddy::task<> shout(eddy::session& peer) {
    while (auto line = co_await peer.read_line()) {
        co_await peer.write(to_upper(*line) + "\n");
    }
}

int main() {
    eddy::server server;
    server.serve("tcp://[::]:7000", shout);
    return server.run();
}
