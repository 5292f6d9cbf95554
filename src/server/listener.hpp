// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/datagram_port.hpp>
#include <eddy/server/server.hpp>

#include "net/datagram_counters.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace eddy::detail {

/// What `serve` was told, and what has become of it since `start`.
struct listener {
    listener(endpoint where, handler what, listen_options how)
        : at(std::move(where)), service(std::move(what)), options(std::move(how)) {}

    [[nodiscard]] const std::string& label() const noexcept { return label_; }
    [[nodiscard]] listener_report report() const;
    /// Forgets the counts of an earlier start.
    void reset_counts() noexcept;
    /// Reports those of a socket too, also when it is gone. Any thread.
    void count_too(std::shared_ptr<const datagram_counters> socket);
    [[nodiscard]] datagram_stats datagrams() const noexcept;
    [[nodiscard]] bool has_broken_socket() const noexcept;

    const endpoint at;
    const handler service;
    const listen_options options;

    /// What was opened; empty before `start` and after a drain.
    std::vector<std::unique_ptr<acceptor>> acceptors;
    std::vector<std::unique_ptr<datagram_port>> ports;
    endpoint bound = at; ///< With the port that the system chose.
    // When the log is told again; first loop.
    time_point next_full_note = time_point::min();
    time_point next_pause_note = time_point::min();
    time_point next_source_note = time_point::min();

    // Counted on every loop, read by anybody.
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> live{0};
    std::atomic<std::uint64_t> finished{0};
    std::atomic<std::uint64_t> idle_closed{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> forced{0};
    std::atomic<std::uint64_t> bytes_received{0};
    std::atomic<std::uint64_t> bytes_sent{0};
    std::array<std::atomic<std::uint64_t>, close_reasons> ended_by{};
    std::atomic<std::uint64_t> accept_errors{0};
    std::atomic<std::uint64_t> accept_pauses{0};
    std::atomic<std::uint64_t> full_pauses{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> refused_by_source{0};
    std::atomic<std::uint64_t> refused_by_rate{0};
    std::atomic<unsigned> paused{0}; ///< Of its accept loops, now.
    std::atomic<bool> is_broken{false};
    std::atomic<std::size_t> places{0}; ///< Taken of `options.max_sessions`; `admission` counts.

private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const datagram_counters>> sockets_; // guarded by mutex_
    const std::string label_ = options.name.empty() ? at.to_string() : options.name;
};

/// Opens everything that `what` asks for, on the loop's engine. Throws `eddy::error` that names the
/// endpoint.
void open_listener(listener& what, engine& driver);

} // namespace eddy::detail
