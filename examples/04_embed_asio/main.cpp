// SPDX-License-Identifier: BSL-1.0

// An Asio program, here one with a timer and a signal handler, gets an Eddy server on its own
// io_context: one thread, no locks between the two. docs/guide/embed.md explains it.

#include <eddy/asio.hpp>
#include <eddy/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

/// What the application did before: it beats ten times a second.
class heart {
public:
    explicit heart(boost::asio::io_context& context) : timer_(context) { beat(); }

    [[nodiscard]] std::size_t beats() const noexcept { return beats_; }

private:
    void beat() {
        timer_.expires_after(100ms);
        timer_.async_wait([this](const boost::system::error_code& stopped) {
            if (!stopped) {
                ++beats_;
                beat();
            }
        });
    }

    boost::asio::steady_timer timer_;
    std::size_t beats_ = 0;
};

/// [tasks]
eddy::task<> tell_beats(eddy::session& peer, const heart& told) {
    co_await peer.write(std::to_string(told.beats()) + " beats\n");
}

eddy::task<> stop_after(eddy::server& server, boost::asio::io_context& context) {
    co_await server.stopped();
    context.stop();
}
/// [tasks]

} // namespace

/// [main]
int main() {
    boost::asio::io_context context;
    heart own(context);

    const auto loop = eddy::make_loop(context);
    eddy::server server(*loop, {});
    server.serve("tcp://127.0.0.1:0", [&own](eddy::session& peer) {
        return tell_beats(peer, own);
    });
    server.start();
    std::cout << "beats on " << server.endpoints().front().to_string() << std::endl;

    boost::asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&server](const boost::system::error_code& failure, int) {
        if (!failure) {
            server.request_drain();
        }
    });
    eddy::spawn_on(*loop, stop_after(server, context));

    context.run();
    return server.report().is_clean() ? 0 : 1;
}
/// [main]
