// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/sim/profile.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace eddy::sim {

class host;
class world;

/// One direction of the way between two hosts, or of a host to itself. Owned by the world.
class EDDY_EXPORT link {
public:
    /// Called by `world::link`.
    link(world& owner, host& from, host& to, const link_options& initial);
    link(const link&) = delete;
    link& operator=(const link&) = delete;

    /// How it behaves from now on.
    link_options options;

    /// Nothing gets through any more, until `heal`. Segments wait and are sent again then,
    /// datagrams are lost.
    void cut();
    /// Lets everything through again.
    void heal();
    /// Between `cut` and `heal`.
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

    /// The sender.
    [[nodiscard]] host& from() const noexcept { return *from_; }
    /// The receiver.
    [[nodiscard]] host& to() const noexcept { return *to_; }

    /// @name What sockets use
    /// @{

    /// The arrivals of one connection in one direction: they do not overtake each other.
    using flow = std::shared_ptr<time_point>;

    /// Calls `arrive` when `bytes` more of the flow have arrived, retransmissions included. Never,
    /// if the receiver is gone.
    void send_segment(const flow& in_order, std::size_t bytes, std::function<void()> arrive);
    /// Calls `arrive` never, once or twice.
    void send_datagram(std::size_t bytes, std::function<void()> arrive);

    /// @}

private:
    struct held_segment {
        flow in_order;
        std::size_t bytes;
        std::function<void()> arrive;
    };

    /// When the last of `bytes` leaves the sender, by bandwidth.
    time_point depart(std::size_t bytes);
    void deliver(time_point at, std::function<void()> arrive);

    world* world_;
    host* from_;
    host* to_;
    bool is_cut_ = false;
    time_point busy_until_{};
    std::vector<held_segment> held_;
};

} // namespace eddy::sim
