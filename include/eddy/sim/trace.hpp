// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim {

/// What happened. The numbers are part of the trace's hash.
enum class occurrence : std::uint8_t {
    note,
    host_added,
    listening,
    listener_closed,
    connecting,
    connected,
    refused,
    queued,
    accepted,
    backlog_full,
    written,
    segment,
    read,
    end_sent,
    end_received,
    reset_sent,
    reset_received,
    timed_out,
    closed,
    port_bound,
    sent,
    lost,
    duplicated,
    received,
    dropped,
    resolved,
    offloaded,
    signal,
    fault,
    cut,
    healed,
    killed,
    crashed,
    stalled,
    jumped,
};

/// The history of a world: a hash of every event, and the events themselves as text when asked for.
///
/// The hash is over times, numbers and payload bytes alone, so that it is the same with every
/// compiler and build type.
class EDDY_EXPORT trace {
public:
    /// One event. `object` is the number of the socket concerned, `amount` whatever counts: bytes,
    /// an errno, a signal.
    struct record {
        occurrence what;          ///< What happened,
        std::uint32_t host = 0;   ///< on which host (0: none),
        std::uint64_t object = 0; ///< to which socket (0: none),
        std::uint64_t amount = 0; ///< and how much of it.
    };

    /// @param at Time since the world began.
    void add(duration at, const record& event, std::string_view text = {});
    /// Bytes that belong to the last event; only the hash has them.
    void add_payload(std::span<const std::byte> bytes) noexcept;

    /// Of everything so far: 64-bit FNV-1a.
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    /// Events so far.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Keeps the events as lines of text from now on.
    void make_readable() noexcept { readable_ = true; }
    /// The name that `host` has in the text.
    void name_host(std::uint32_t host, std::string name);
    /// One for each event since `make_readable`.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    void mix(std::uint64_t value) noexcept;

    // FNV-1a, 64 bits.
    std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325;
    std::uint64_t size_ = 0;
    bool readable_ = false;
    std::vector<std::string> hosts_;
    std::vector<std::string> lines_;
};

} // namespace eddy::sim
