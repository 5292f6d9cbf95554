// SPDX-License-Identifier: BSL-1.0
#include "server/memory_keeper.hpp"

#include <eddy/core/log.hpp>

#include "server/server_state.hpp"

#include <algorithm>

namespace eddy::detail {
namespace {

/// Between two looks while there is too much: long enough for those who were told to do it.
/// It is looked at earlier when there is a sixteenth more.
constexpr duration look_period = std::chrono::milliseconds(10);

} // namespace

memory_keeper::memory_keeper(server_state& whole, const server_config& config) noexcept
    : state_(&whole), policy_({.soft = config.memory_soft, .hard = config.memory_hard}),
      lower_mark_(policy_.lower_mark()), look_above_(lower_mark_) {}

void memory_keeper::start(const std::weak_ptr<server_state*>& anchor) noexcept {
    anchor_ = anchor;
    policy_.reset();
    look_above_.store(lower_mark_, std::memory_order_relaxed);
    is_look_posted_.store(false, std::memory_order_relaxed);
    episodes_.store(0, std::memory_order_relaxed);
    for (const auto& each : state_->shards()) {
        if (is_on()) {
            each->watch_memory();
        }
    }
}

void memory_keeper::stop() noexcept {
    timer_.disarm();
}

memory_report memory_keeper::report() const noexcept {
    memory_report made;
    std::size_t frames = 0; // modulo the word: a frame may be freed on another loop than it is from
    for (const auto& each : state_->shards()) {
        auto& blocks = each->owner().blocks();
        const std::size_t lent = blocks.lent_bytes();
        const std::size_t outboxes = std::min(lent, blocks.outbox_bytes().value());
        made.outboxes += outboxes;
        made.inboxes += lent - outboxes;
        frames += each->frames().value();
        made.paused += each->paused().value();
    }
    made.frames = static_cast<std::size_t>(std::max<std::ptrdiff_t>(std::ptrdiff_t(frames), 0));
    made.episodes = episodes();
    return made;
}

memory_policy::load memory_keeper::weigh() const noexcept {
    const auto now = report();
    return {
        .buffers = now.inboxes + now.outboxes,
        .frames = now.frames,
        .sessions = static_cast<std::size_t>(state_->live())
    };
}

void memory_keeper::on_growth() noexcept {
    if (weigh().total() <= look_above_.load(std::memory_order_relaxed) ||
        is_look_posted_.exchange(true, std::memory_order_relaxed)) {
        return;
    }
    try {
        state_->home().post([this, anchor = anchor_] {
            if (!anchor.expired()) {
                look();
            }
        });
    } catch (const std::bad_alloc&) {
        is_look_posted_.store(false, std::memory_order_relaxed); // the next growth tries again
    }
}

void memory_keeper::look() noexcept {
    is_look_posted_.store(false, std::memory_order_relaxed);
    const auto now = weigh();
    const auto before = policy_.current();
    const auto order = policy_.look(now);
    note(before, now);
    // One loop closes at a time: together they would close too many.
    const auto fullest = std::max_element(
        state_->shards().begin(),
        state_->shards().end(),
        [](const auto& a, const auto& b) {
            return a->owner().blocks().lent_bytes() < b->owner().blocks().lent_bytes();
        }
    );
    for (const auto& each : state_->shards()) {
        auto own = order;
        own.to_free = each == *fullest ? order.to_free : 0;
        each->order(own);
    }
    if (policy_.current() == memory_policy::phase::calm && report().paused == 0) {
        look_above_.store(lower_mark_, std::memory_order_relaxed);
    } else {
        look_above_.store(now.total() + lower_mark_ / 16, std::memory_order_relaxed);
        state_->home().arm(timer_, state_->home().now() + look_period);
    }
}

/// One line when it begins, when sessions are closed, and when it is over.
void memory_keeper::note(memory_policy::phase before, const memory_policy::load& now) noexcept {
    using phase = memory_policy::phase;
    const auto after = policy_.current();
    if (before == after) {
        return;
    }
    if (before == phase::calm) {
        episodes_.fetch_add(1, std::memory_order_relaxed);
    }
    const auto sessions = std::uint64_t(now.sessions);
    const auto bytes = std::uint64_t(now.total());
    switch (after) {
    case phase::calm:
        log::info("memory is below its marks again", {{"bytes", bytes}, {"sessions", sessions}});
        break;
    case phase::holding:
        log::warning(
            "memory is above memory_soft; sessions with more than their share stop reading",
            {{"bytes", bytes}, {"sessions", sessions}}
        );
        break;
    case phase::closing:
        log::warning(
            "memory is above memory_hard; the sessions that hold most are closed",
            {{"bytes", bytes}, {"sessions", sessions}}
        );
        break;
    }
}

void memory_keeper::log_totals() const noexcept {
    const auto last = report();
    log::info(
        "memory of the sessions",
        {{"episodes", last.episodes},
         {"inboxes", std::uint64_t(last.inboxes)},
         {"outboxes", std::uint64_t(last.outboxes)},
         {"frames", std::uint64_t(last.frames)}}
    );
}

} // namespace eddy::detail
