// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/check.hpp>
#include <eddy/sim/world.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

/// Servers in a simulated network, and what they have to leave behind.
namespace served_test {

inline const eddy::sim::world_options calm{.profile = eddy::sim::profile::calm()};

/// Twenty seeds, or as many as the environment says.
inline eddy::sim::check_options seeds(const eddy::sim::profile& network) {
    eddy::sim::check_options options;
    options.world.profile = network;
    options.seeds = 20;
    options.regression_file = EDDY_TEST_SEEDS;
    return options;
}

/// An allocation on this host fails, or several in a row. What sets a server up may fail as a
/// whole, so half a second is left to that.
inline eddy::sim::fault no_memory_on(std::string_view host, std::uint64_t times = 1) {
    eddy::sim::fault failing;
    failing.what = eddy::sim::operation::allocate;
    failing.times = times;
    failing.on = host;
    failing.since = std::chrono::milliseconds(500);
    return failing;
}

/// A server on a host of its own.
class served {
public:
    served(
        eddy::sim::world& world, std::string_view name, const char* at, const eddy::handler& what
    )
        : home_(&world.add_host(name)), server_(home_->loop(), config()) {
        server_.serve(at, what);
        server_.start();
    }

    [[nodiscard]] eddy::sim::host& home() const noexcept { return *home_; }
    [[nodiscard]] eddy::server& server() noexcept { return server_; }

    void end() {
        using eddy::sim::expect;
        server_.request_drain();
        home_->run(server_.stopped());
        expect(home_->loop().tasks().empty(), "the server leaves no task");
        expect(home_->loop().blocks().lent() == 0, "the server leaves no buffer");
        expect(home_->open_descriptors() == 0, "the server leaves no socket");
        expect(server_.report().is_clean(), "every session ends by itself");
        expect(server_.report().live() == 0, "no session is counted any more");
    }

private:
    static eddy::server_config config() {
        eddy::server_config made;
        made.drain_timeout = std::chrono::minutes(10);
        return made;
    }

    eddy::sim::host* home_;
    eddy::server server_;
};

inline eddy::task<> echo(eddy::session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

inline eddy::task<> echo_datagrams(eddy::datagrams& socket) {
    while (const auto batch = co_await socket.receive()) {
        for (const auto& each : *batch) {
            co_await socket.reply(each, each.data);
        }
    }
}

} // namespace served_test
