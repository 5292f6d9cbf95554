// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>

#include "exchange.hpp"
#include "interrupt.hpp"
#include "latency_chart.hpp"
#include "load_datagrams.hpp"
#include "load_report.hpp"
#include "load_stream.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <list>

namespace client {
namespace {

constexpr auto progress_interval = std::chrono::milliseconds(500);

/// Keeps one line of the terminal up to date.
eddy::task<> show_progress(const load_state& state) {
    for (;;) {
        co_await eddy::sleep(progress_interval);
        std::fprintf(stderr, "\r\033[K%s", progress_line(state).c_str());
    }
}

/// Runs every connection to its end. When the user interrupts, nothing more is sent.
template <class Connection>
eddy::task<> run_all(load_state& state, std::list<Connection>& connections) {
    state.begin();
    eddy::scope work;
    const on_interrupt guard([&] {
        if (state.is_ending()) {
            work.request_stop(); // asked twice: without what is still out
        }
        state.end();
    });
    eddy::scope progress;
    if (is_terminal(standard_stream::error)) {
        progress.spawn(show_progress(state));
    }
    for (auto& connection : connections) {
        work.spawn(connection.run());
    }
    co_await work.join();
    if (!progress.empty()) {
        std::fputs("\r\033[K", stderr);
    }
}

eddy::task<> load_streams(load_state& state) {
    std::list<load_stream> connections;
    for (std::size_t i = 0; i != state.options.connections; ++i) {
        connections.emplace_back(
            state, co_await open_session(state.options.where, state.options.timeout)
        );
    }
    co_await run_all(state, connections);
}

eddy::task<> load_sockets(load_state& state) {
    const auto peers = co_await find_addresses(state.options.where, state.options.timeout);
    std::list<load_datagrams> connections;
    for (std::size_t i = 0; i != state.options.connections; ++i) {
        connections.emplace_back(state, open_datagrams(peers.front()), peers.front());
    }
    co_await run_all(state, connections);
}

std::string chart_title(const load_options& options) {
    return fmt::format(
        "Latency of {}: {} connections, {} bytes, depth {}",
        options.where.to_string(),
        options.connections,
        options.size,
        options.depth
    );
}

/// Throws unless every byte came back right.
void check(const load_state& state) {
    if (state.failed) {
        throw failure(*state.failed);
    }
    if (state.verified != state.sent) {
        throw failure(
            exit_status::timed_out,
            fmt::format(
                "{}: {} of {} messages did not come back",
                state.options.where.to_string(),
                state.sent - state.verified,
                state.sent
            )
        );
    }
}

} // namespace

void run_load(const load_options& options) {
    eddy::loop loop;
    load_state state(options);
    loop.run(options.where.is_datagram() ? load_sockets(state) : load_streams(state));
    print(options.as_json ? json_report(state) : text_report(state));
    if (!options.chart.empty()) {
        write_file(options.chart, latency_chart(state.latency, chart_title(options)));
    }
    check(state);
}

} // namespace client
