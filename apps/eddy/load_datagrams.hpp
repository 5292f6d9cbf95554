// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/datagrams.hpp>

#include "load_state.hpp"

#include <deque>
#include <vector>

namespace client {

/// One socket of a load over datagrams. Each datagram begins with its number; one that is not
/// answered in time is lost and another takes its place, so that no loss stops the load.
class load_datagrams {
public:
    /// The number at the start of a datagram.
    static constexpr std::size_t header_size = 8;

    load_datagrams(load_state& shared, eddy::datagrams socket, eddy::address peer);

    /// Sends and checks until the load is over.
    eddy::task<> run();

private:
    struct out_datagram {
        eddy::time_point sent_at;
        bool is_out = true;
    };

    eddy::task<> send();
    void take(const eddy::datagram& received);
    void give_up();
    [[nodiscard]] bool is_right(std::uint64_t number, std::span<const std::byte> data) const;

    load_state* shared_;
    eddy::datagrams socket_;
    eddy::address peer_;
    std::vector<std::byte> message_;
    std::deque<out_datagram> window_; // from the oldest that is out to the newest that was sent
    std::uint64_t first_ = 0;         // number of the first in the window
    std::size_t out_ = 0;
};

} // namespace client
