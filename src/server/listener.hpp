// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>
#include <eddy/core/engine.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/datagram_port.hpp>
#include <eddy/server/server.hpp>

#include "net/datagram_counters.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace eddy::detail {

/// What a listener has done on one loop. Counted there, read by anybody; the lines are that loop's
/// alone, so that counting costs no more with many loops.
struct alignas(cache_line) listener_counts {
    /// `proxy_report`.
    struct proxy_counts {
        relaxed_count headers, silent, late, broken, malformed, untrusted, skipped;
    };

    relaxed_count accepted, live, finished, idle_closed, failed, forced, unserved; // sessions
    relaxed_count bytes_received, bytes_sent;
    std::array<relaxed_count, close_reasons> ended_by;
    relaxed_count accept_errors, accept_pauses, full_pauses;
    relaxed_count refused, refused_by_source, refused_by_rate;
    relaxed_count paused; // of its accept loops, now
    relaxed_count broken; // its sockets that cannot accept any more
    proxy_counts proxy;
};

/// What a listener has opened for one loop; empty before `start` and after a drain.
struct opened_sockets {
    std::vector<std::unique_ptr<acceptor>> acceptors;
    std::vector<std::unique_ptr<datagram_port>> ports;
};

/// What `serve` was told, and what has become of it since `start`.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): cache lines are kept apart
struct listener {
    /// @param loops  Of the server.
    listener(endpoint where, handler what, listen_options how, std::size_t loops = 1)
        : at(std::move(where)), service(std::move(what)), options(std::move(how)), opened(loops),
          counts_(loops) {}

    [[nodiscard]] const std::string& label() const noexcept { return label_; }
    [[nodiscard]] listener_report report() const;
    /// Those of the loop of that number.
    [[nodiscard]] listener_counts& counts(std::size_t loop) noexcept { return counts_[loop]; }
    [[nodiscard]] const listener_counts& counts(std::size_t loop) const noexcept {
        return counts_[loop];
    }
    /// The sum of a count over the loops.
    [[nodiscard]] std::uint64_t sum(relaxed_count listener_counts::* count) const noexcept;
    /// Sessions now.
    [[nodiscard]] std::uint64_t live() const noexcept;
    /// Sessions that Eddy ended for this reason.
    [[nodiscard]] std::uint64_t ended(close_reason why) const noexcept;
    [[nodiscard]] proxy_report proxy() const noexcept;
    /// Forgets the counts of an earlier start.
    void reset_counts() noexcept;
    /// Reports those of a socket too, also when it is gone. Any thread.
    void count_too(std::shared_ptr<const datagram_counters> socket);
    [[nodiscard]] datagram_stats datagrams() const noexcept;
    [[nodiscard]] bool has_broken_socket() const noexcept;

    const endpoint at;
    const handler service;
    const listen_options options;

    std::vector<opened_sockets> opened; ///< For each loop.
    endpoint bound = at;                ///< With the port that the system chose.
    /// Taken of `options.max_sessions`, if that is set; `admission` counts.
    on_own_lines<std::atomic<std::size_t>> places{0U};

    // When the log is told again. Any loop.
    std::atomic<time_point> next_full_note{time_point::min()};
    std::atomic<time_point> next_room_note{time_point::min()};
    std::atomic<time_point> next_pause_note{time_point::min()};
    std::atomic<time_point> next_source_note{time_point::min()};
    std::atomic<time_point> next_proxy_note{time_point::min()};

private:
    std::vector<listener_counts> counts_; // of each loop
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const datagram_counters>> sockets_; // guarded by mutex_
    const std::string label_ = options.name.empty() ? at.to_string() : options.name;
};

/// Whether it is time to tell the log again; then whoever asks tells it, and nobody else. Any loop.
[[nodiscard]] bool
is_due(std::atomic<time_point>& next, time_point now, duration interval) noexcept;

/// Opens everything that `what` asks for, on the engines of the loops that it asks for. Throws
/// `eddy::error` that names the endpoint.
void open_listener(listener& what, std::span<engine* const> loops);

} // namespace eddy::detail
