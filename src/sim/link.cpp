// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/link.hpp>
#include <eddy/sim/world.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace eddy::sim {
namespace {

using namespace std::chrono_literals;

/// Linux's smallest retransmission timeout; each further loss of the same segment doubles it.
constexpr duration first_retransmission = 200ms;
constexpr int most_retransmissions = 8;

} // namespace

link::link(world& owner, host& from, host& to, const link_options& initial)
    : options(initial), world_(&owner), from_(&from), to_(&to) {}

void link::cut() {
    is_cut_ = true;
    world_->record({occurrence::cut, from_->id(), 0, to_->id()});
}

void link::heal() {
    is_cut_ = false;
    world_->record({occurrence::healed, from_->id(), 0, to_->id()});
    for (auto& segment : std::exchange(held_, {})) {
        send_segment(segment.in_order, segment.bytes, std::move(segment.arrive));
    }
}

void link::send_segment(const flow& in_order, std::size_t bytes, std::function<void()> arrive) {
    if (is_cut_) {
        held_.push_back({in_order, bytes, std::move(arrive)});
        return;
    }
    time_point at =
        depart(bytes) + options.latency + world_->random().up_to(choice::latency, options.jitter);
    duration timeout = first_retransmission;
    for (int lost = 0;
         lost < most_retransmissions && world_->random().chance(choice::loss, options.loss);
         ++lost) {
        at += timeout;
        timeout *= 2;
    }
    *in_order = std::max(*in_order, at);
    deliver(*in_order, std::move(arrive));
}

void link::send_datagram(std::size_t bytes, std::function<void()> arrive) {
    auto& random = world_->random();
    if (is_cut_ || random.chance(choice::loss, options.loss)) {
        world_->record({occurrence::lost, from_->id(), 0, bytes});
        return;
    }
    const time_point gone = depart(bytes);
    const auto arrival = [&] {
        duration late = random.up_to(choice::latency, options.jitter);
        if (random.chance(choice::reorder, options.reorder)) {
            late += 2 * options.latency + options.jitter;
        }
        return gone + options.latency + late;
    };
    if (random.chance(choice::duplicate, options.duplicate)) {
        world_->record({occurrence::duplicated, from_->id(), 0, bytes});
        deliver(arrival(), arrive);
    }
    deliver(arrival(), std::move(arrive));
}

time_point link::depart(std::size_t bytes) {
    constexpr std::uint64_t second = 1'000'000'000;
    busy_until_ = std::max(busy_until_, world_->now());
    if (options.bandwidth != 0) {
        busy_until_ += duration(static_cast<duration::rep>(bytes * second / options.bandwidth));
    }
    return busy_until_;
}

void link::deliver(time_point at, std::function<void()> arrive) {
    world_->events().add(at, [this, arrive = std::move(arrive)] {
        if (to_->is_alive()) {
            arrive();
        }
    });
}

} // namespace eddy::sim
