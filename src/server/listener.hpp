// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/datagram_port.hpp>
#include <eddy/server/server.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
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

    const endpoint at;
    const handler service;
    const listen_options options;

    /// What was opened; empty before `start` and after a drain.
    std::vector<std::unique_ptr<acceptor>> acceptors;
    std::vector<std::unique_ptr<datagram_port>> ports;
    endpoint bound = at;                           ///< With the port that the system chose.
    time_point next_full_note = time_point::min(); ///< When the log is told again; first loop.

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
    std::atomic<std::size_t> places{0}; ///< Taken of `options.max_sessions`; `admission` counts.

private:
    const std::string label_ = options.name.empty() ? at.to_string() : options.name;
};

/// Opens everything that `what` asks for, on the loop's engine. Throws `eddy::error` that names the
/// endpoint.
void open_listener(listener& what, engine& driver);

} // namespace eddy::detail
