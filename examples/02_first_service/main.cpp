// SPDX-License-Identifier: BSL-1.0

// Counts words. One endpoint answers each line with its number of words, another one shows the
// number of all words so far once a second. docs/guide/first_service.md explains it step by step.

#include <eddy/core/sleep.hpp>
#include <eddy/core/when_any.hpp>
#include <eddy/server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace {

/// [words]
std::size_t words_in(std::string_view text) {
    std::istringstream stream{std::string(text)};
    std::size_t count = 0;
    for (std::string word; stream >> word;) {
        ++count;
    }
    return count;
}

/// Sessions may be on different loops, which are different threads.
std::atomic<std::size_t> words_so_far = 0;
/// [words]

constexpr std::size_t longest_line = 1000;
constexpr auto patience = 30s;

/// [count]
eddy::task<> count_words(eddy::session& peer) {
    std::size_t total = 0;
    for (;;) {
        const auto line = co_await peer.read_line(longest_line, eddy::within(patience));
        if (!line) {
            const std::string last = "total " + std::to_string(total) + ": ";
            co_await peer.write(last, line.error().message(), "\n");
            co_return;
        }
        const std::size_t count = words_in(*line);
        total += count;
        words_so_far += count;
        co_await peer.write(std::to_string(count) + "\n");
    }
}
/// [count]

/// [watch]
eddy::task<> a_second() {
    co_await eddy::sleep(1s);
}

eddy::task<> drain_of(eddy::session& peer) {
    co_await peer.on_drain();
}

eddy::task<> watch(eddy::session& peer) {
    while (!peer.is_draining()) {
        const auto sent = co_await peer.write(std::to_string(words_so_far.load()) + "\n");
        if (!sent) {
            co_return; // nothing is read here, so only a write tells that the peer is gone
        }
        co_await eddy::when_any(a_second(), drain_of(peer));
    }
    co_await peer.write("the server ends\n");
}
/// [watch]

} // namespace

/// [main]
int main(int argc, char** argv) {
    const std::string count_at = argc > 1 ? argv[1] : "tcp://127.0.0.1:7010";
    const std::string watch_at = argc > 2 ? argv[2] : "tcp://127.0.0.1:7011";
    try {
        eddy::server server({.workers = 2, .drain_timeout = 5s});
        server.serve(count_at, count_words);
        server.serve(watch_at, watch);
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n'; // names the endpoint, the cause and the remedy
        return 2;
    }
}
/// [main]
