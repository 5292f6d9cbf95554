// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/services/relay.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

/// What the relay of sessions and that of datagrams have in common.
namespace eddy::services::detail {

/// One relay service; all its sessions share it, on any loop.
struct relay_shared {
    explicit relay_shared(relay_service_options given);
    relay_shared(const relay_shared&) = delete;
    relay_shared& operator=(const relay_shared&) = delete;
    ~relay_shared();

    /// The index of the upstream whose turn it is.
    std::size_t next_upstream() noexcept {
        return turn.fetch_add(1, std::memory_order_relaxed) % options.to.size();
    }
    [[nodiscard]] relay_counters& count() const noexcept { return *options.counters; }
    /// Counts it, and tells the log of the first one and then of one a minute.
    void failed_to_reach(const endpoint& upstream, std::string_view why);

    relay_service_options options;
    std::atomic<std::size_t> turn{0};
    std::atomic<std::int64_t> told_at; // nanoseconds of a loop's clock
};

/// Serves all flows of a socket.
task<> relay_datagrams(std::shared_ptr<relay_shared> whole, datagrams& socket);

} // namespace eddy::services::detail
