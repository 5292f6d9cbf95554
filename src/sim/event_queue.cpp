// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/event_queue.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace eddy::sim {

bool event_queue::later(const event& a, const event& b) noexcept {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
}

void event_queue::add(time_point at, std::function<void()> happens, kind is) {
    events_.push_back({at, ++added_, is, std::move(happens)});
    std::push_heap(events_.begin(), events_.end(), later);
    ordinary_ += is == kind::ordinary ? 1U : 0U;
}

std::function<void()> event_queue::pop() {
    std::pop_heap(events_.begin(), events_.end(), later);
    auto happens = std::move(events_.back().happens);
    ordinary_ -= events_.back().is == kind::ordinary ? 1U : 0U;
    events_.pop_back();
    return happens;
}

} // namespace eddy::sim
