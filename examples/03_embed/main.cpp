// SPDX-License-Identifier: BSL-1.0

// A program that has a main thread of its own, here one that numbers the lines of its input, gets a
// status port: who connects is told how far it is. docs/guide/embed.md explains it.

#include <eddy/server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

/// [handler]
eddy::task<> tell_progress(eddy::session& peer, const std::atomic<std::size_t>& lines) {
    co_await peer.write(std::to_string(lines.load()) + " lines\n");
}
/// [handler]

int main() {
    std::atomic<std::size_t> lines = 0;

    /// [start]
    eddy::server server;
    server.serve("tcp://127.0.0.1:0", [&lines](eddy::session& peer) {
        return tell_progress(peer, lines);
    });
    server.start(); // binds, or throws; then it serves on a thread of its own
    std::cerr << "status on " << server.endpoints().front().to_string() << '\n';
    /// [start]

    for (std::string line; std::getline(std::cin, line);) {
        std::cout << ++lines << '\t' << line << std::endl;
    }

    /// [drain]
    const auto report = server.drain(2s); // returns as soon as the last session has ended
    std::cerr << report.listeners.front().accepted << " asked\n";
    return report.is_clean() ? 0 : 1;
    /// [drain]
}
