// SPDX-License-Identifier: BSL-1.0
// What a loop does about the memory of its sessions. When and how much is the memory_policy's.
#include "net/session_state.hpp"
#include "server/server_state.hpp"
#include "server/shard.hpp"

#include <algorithm>
#include <array>

namespace eddy::detail {

void shard::watch_memory() noexcept {
    loop_->blocks().watch(growth_);
}

void shard::growth_of_blocks::on_growth() noexcept {
    self->note_frames();
    self->state_->memory().on_growth();
}

void shard::note_frames() noexcept {
    frames_.set(static_cast<std::size_t>(frame_bytes()));
}

void shard::order(const memory_policy::order& given) noexcept {
    if (loop_->is_current()) {
        obey(given);
        return;
    }
    if (has_order_.exchange(true, std::memory_order_relaxed)) {
        return; // it has not done the last one yet
    }
    try {
        loop_->post([this, given, anchor = anchor_] {
            if (!anchor.expired()) {
                has_order_.store(false, std::memory_order_relaxed);
                obey(given);
            }
        });
    } catch (const std::bad_alloc&) {
        has_order_.store(false, std::memory_order_relaxed);
    }
}

void shard::obey(const memory_policy::order& given) noexcept {
    note_frames();
    hold_reading(given);
    if (given.to_free != 0) {
        close_worst(given.to_free);
    }
}

void shard::hold_reading(const memory_policy::order& given) noexcept {
    std::size_t paused = 0;
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        auto& each = static_cast<live_session&>(*node);
        if (given.is_release) {
            each.pause = reading_pause();
        } else if (each.stream_session && !each.pause && !each.stream_session->is_draining() &&
                   each.stream_session->held_memory() > given.share) {
            each.pause = each.stream_session->hold_reading();
        }
        paused += each.pause ? 1U : 0U;
    }
    paused_.set(paused);
}

void shard::close_worst(std::size_t to_free) noexcept {
    struct holder {
        std::size_t bytes;
        session* who;
    };
    // As many in one pass as find room on the stack; the heap is what there is too little of.
    std::array<holder, 128> worst;
    const auto holds_more = [](const holder& a, const holder& b) { return a.bytes > b.bytes; };
    bool is_first_pass = true;
    while (to_free != 0) {
        auto end = worst.begin();
        for (auto* node = live_.front(); node; node = live_.next(*node)) {
            session* who = static_cast<live_session&>(*node).stream_session;
            const std::size_t bytes = who ? who->held_memory() : 0;
            if (bytes == 0) {
                continue;
            }
            if (who->ended_by() != close_reason::none) { // its handler is about to let go of it
                to_free -= is_first_pass ? std::min(to_free, bytes) : 0;
                continue;
            }
            if (end == worst.end() && bytes <= worst.front().bytes) {
                continue;
            }
            if (end == worst.end()) {
                std::pop_heap(worst.begin(), end--, holds_more);
            }
            *end++ = {bytes, who};
            std::push_heap(worst.begin(), end, holds_more);
        }
        is_first_pass = false;
        std::sort_heap(worst.begin(), end, holds_more);
        for (auto each = worst.begin(); each != end && to_free != 0; ++each) {
            to_free -= std::min(to_free, each->bytes);
            each->who->state_->end(close_reason::memory);
        }
        if (end == worst.begin()) {
            return;
        }
    }
}

} // namespace eddy::detail
