// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eddy::sim {

/// Out of a million.
using per_million = std::uint32_t;

/// How one direction of a link behaves. May be changed at any time; what is on its way already is
/// not affected.
struct link_options {
    /// From the last byte sent to its arrival.
    duration latency = std::chrono::microseconds(100);
    /// Added to the latency of each packet at random, up to this. Datagrams overtake each other by
    /// it, segments do not.
    duration jitter = duration::zero();
    /// Bytes a second; zero: no limit.
    std::uint64_t bandwidth = 0;
    /// Packets that do not arrive. A segment arrives after all, one or more retransmission timeouts
    /// later.
    per_million loss = 0;
    /// Datagrams that arrive twice.
    per_million duplicate = 0;
    /// Datagrams that are held back for up to three times their latency.
    per_million reorder = 0;
    /// Segments that are cut at a random place, down to one byte.
    per_million cut = 0;
    /// Bytes of payload in the largest segment.
    std::size_t segment_size = 1460;
};

/// How the operating system of a host behaves. May be changed at any time.
struct host_options {
    /// Sockets that may be open at once (RLIMIT_NOFILE); beyond that, EMFILE.
    std::size_t descriptors = 1024;
    /// Bytes that all sockets together may hold; beyond that, accept and connect say ENOBUFS and
    /// datagrams are dropped.
    std::size_t socket_memory = std::size_t{64} * 1024 * 1024;
    /// Size of a socket's buffers, in bytes, unless `socket_options` says something else.
    std::size_t send_buffer = std::size_t{64} * 1024;
    /// The same for what the process has not read.
    std::size_t receive_buffer = std::size_t{64} * 1024;
    /// Completions are noticed up to this late.
    duration wake_delay = duration::zero();
    /// Finished connections wait up to this long before they can be accepted.
    duration accept_delay = duration::zero();
    /// Timers fire up to this late.
    duration timer_delay = duration::zero();
    /// Blocking work takes up to this long.
    duration offload_delay = std::chrono::milliseconds(1);
    /// Name look-ups take up to this long.
    duration resolve_delay = std::chrono::milliseconds(1);
    /// Reads that give fewer bytes than they could.
    per_million short_reads = 0;
    /// Writes that take fewer bytes than they could.
    per_million short_writes = 0;
    /// Loop turns for nothing, and writes that complete without having taken a byte.
    per_million spurious = 0;
    /// Datagram operations that fail with an ECONNREFUSED which an earlier packet is to blame for.
    per_million noise = 0;
    /// How long a connect tries before ETIMEDOUT; Linux: six retries, 127 s.
    duration connect_timeout = std::chrono::seconds(127);
    /// How long sent data may stay without an acknowledgement before ETIMEDOUT; Linux: 15 retries,
    /// about 924 s.
    duration retransmit_timeout = std::chrono::seconds(924);
};

/// A named mixture of options, the default of every link and host of a world.
struct profile {
    std::string_view name; ///< "lan" …; any other for a mixture of your own.
    link_options link;     ///< Between two hosts, each direction.
    link_options loopback; ///< Of a host to itself.
    host_options host;     ///< Of every host.

    /// Nothing random at all: a fixed latency of 1 ms. For tests of one exact order of events.
    [[nodiscard]] EDDY_EXPORT static profile calm();
    /// One switch away: 0.1 to 0.3 ms, 1 Gbit/s, next to no loss.
    [[nodiscard]] EDDY_EXPORT static profile lan();
    /// Another continent: 40 to 60 ms, 100 Mbit/s, 0.1 % loss.
    [[nodiscard]] EDDY_EXPORT static profile wan();
    /// A telephone on a train: 50 to 350 ms, 2 Mbit/s, 3 % loss.
    [[nodiscard]] EDDY_EXPORT static profile mobile();
    /// Everything that is allowed happens often: one-byte segments, tiny buffers, late and spurious
    /// wake-ups.
    [[nodiscard]] EDDY_EXPORT static profile hostile();
};

} // namespace eddy::sim
