// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/session.hpp>

#include "load_state.hpp"

#include <vector>

namespace client {

/// One connection of a load over streams: two tasks, so that a peer that answers while it reads
/// never meets a client that only writes.
class load_stream {
public:
    load_stream(load_state& shared, eddy::session peer);

    /// Sends and checks until the load is over.
    eddy::task<> run();

private:
    eddy::task<> send(eddy::scope& sides);
    eddy::task<> receive(eddy::scope& sides);
    bool take(std::span<const std::byte> bytes);
    eddy::task<> check_end();
    [[nodiscard]] bool is_all_back() const noexcept { return answered_ == sent_; }

    load_state* shared_;
    eddy::session peer_;
    std::vector<eddy::time_point> sent_at_; // of the messages that are out, by number modulo depth
    std::uint64_t sent_ = 0;                // messages of this connection
    std::uint64_t answered_ = 0;
    std::uint64_t received_ = 0; // bytes
    eddy::event has_room_;
    bool is_done_sending_ = false;
};

} // namespace client
