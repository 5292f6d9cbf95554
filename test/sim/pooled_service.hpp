// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/sleep.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/world.hpp>

#include <memory>
#include <string>
#include <string_view>

/// What pools are tested with.
namespace pooled_test {

/// Sends a line and gives the one that comes back, or the error.
inline eddy::task<std::string> ask(eddy::session& peer, std::string line) {
    line += '\n';
    co_await peer.write(line);
    const auto answer = co_await peer.read_line(1024, eddy::within(std::chrono::seconds(10)));
    co_return answer ? std::string(*answer) : answer.error().message();
}

/// A server on port 7 that sends each line back. After the line "later" it says something more a
/// second later, after "close" it closes.
class line_server {
public:
    explicit line_server(eddy::sim::host& home) : home_(&home) { start(); }

    [[nodiscard]] eddy::sim::host& home() const noexcept { return *home_; }
    /// Sessions that it has now.
    [[nodiscard]] std::uint64_t sessions() const { return server_->report().live(); }
    /// Lines so far.
    [[nodiscard]] int lines() const noexcept { return lines_; }
    /// "well", "silent", "sick" (answers something else), "chatty" (and something more).
    void set_mode(std::string mode) { mode_ = std::move(mode); }

    /// Its sessions end, and it is there again at once.
    void restart() {
        server_.reset();
        start();
    }

private:
    void start() {
        eddy::listen_options options;
        options.limits.deadlines = {}; // it is the pool that ends sessions here
        const auto answer = [this](eddy::session& peer) { return serve(peer); };
        server_ = std::make_unique<eddy::server>(home_->loop(), eddy::server_config());
        server_->serve("tcp://[::]:7", answer, options);
        server_->start();
    }

    eddy::task<> serve(eddy::session& peer) {
        while (const auto got = co_await peer.read_line()) {
            ++lines_;
            const std::string line(*got);
            if (mode_ == "silent") {
                continue;
            }
            const std::string answer = mode_ == "sick" ? "cough" : line;
            co_await peer.write(answer, "\n");
            if (mode_ == "chatty") {
                co_await peer.write("by the way\n");
            }
            if (line == "close") {
                co_return;
            }
            if (line == "later") {
                co_await eddy::sleep(std::chrono::seconds(1));
                co_await peer.write("unasked\n");
            }
        }
    }

    eddy::sim::host* home_;
    std::string mode_ = "well";
    int lines_ = 0;
    std::unique_ptr<eddy::server> server_; // declared last: its sessions use the above
};

} // namespace pooled_test
