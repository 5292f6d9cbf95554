// SPDX-License-Identifier: BSL-1.0
#include "server/admission.hpp"

#include "platform/descriptors.hpp"
#include "server/listener.hpp"

#include <algorithm>
#include <climits>
#include <mutex>

namespace eddy::detail {
namespace {

/// Descriptors that sessions leave for logs, files and names: 8 to 64, as many as a fiftieth.
int last_for_sessions() noexcept {
    const int limit = platform::descriptor_limit();
    return limit == INT_MAX ? limit : limit - 1 - std::clamp(limit / 50, 8, 64);
}

/// More sources than come in a second, unless it is to fill this table; 1 MiB.
constexpr std::size_t sources_kept = 65'536;

bool take_one(std::atomic<std::size_t>& taken, std::size_t most, admission::rule limits) noexcept {
    std::size_t before = taken.load();
    do {
        if (before >= most && limits == admission::rule::all) {
            return false;
        }
    } while (!taken.compare_exchange_weak(before, before + 1));
    return true;
}

void give_back(std::atomic<std::size_t>& taken, std::size_t most) noexcept {
    if (most != 0) {
        taken.fetch_sub(1);
    }
}

} // namespace

void admission_slot::release() noexcept {
    if (auto* from = std::exchange(admission_, nullptr)) {
        from->release_source(source_);
        give_back(listener_->places.value, listener_->options.max_sessions);
        give_back(from->sessions_.value, from->most_);
    }
}

bool admission_slot::give_to(const address& source) noexcept {
    if (admission_->most_per_source_ == 0) {
        return true;
    }
    const source_prefix from(source);
    const bool is_given = admission_->take_source(from);
    source_ = is_given ? from : source_;
    return is_given;
}

admission::admission(const server_config& config)
    : most_(config.max_sessions), most_per_source_(config.max_sessions_per_source),
      last_descriptor_(last_for_sessions()), has_rate_(config.accept_rate != 0),
      rate_(config.accept_rate) {
    if (config.accept_rate_per_source != 0) {
        const rate_limit each(config.accept_rate_per_source, std::chrono::seconds(1));
        source_rates_.emplace(each, sources_kept);
    }
}

admission::lack admission::lacks(const listener& at, time_point now) noexcept {
    std::unique_lock guard(rate_mutex_, std::defer_lock);
    if (has_rate_) {
        guard.lock();
    }
    const auto found = lacks_place(at, now);
    const bool is_full = found == lack::place || found == lack::own_place;
    return !is_full && is_short_of_descriptors() ? lack::descriptors : found;
}

void admission::came(native_handle descriptor) noexcept {
    if (descriptor >= last_descriptor_) {
        has_been_near_the_end_.store(true, std::memory_order_relaxed);
    }
}

duration admission::wait(time_point now) noexcept {
    const std::lock_guard guard(rate_mutex_);
    return rate_.wait(now);
}

void admission::count_refused() noexcept {
    if (has_rate_) {
        const std::lock_guard guard(rate_mutex_);
        rate_.take();
    }
}

bool admission::comes_too_often(const address& source, time_point now) noexcept {
    if (!source_rates_) {
        return false;
    }
    const source_prefix from(source);
    const std::lock_guard guard(mutex_);
    return from.is_known() && !source_rates_->take(from, now);
}

bool admission::is_short_of_descriptors() const noexcept {
    // The system gives the lowest free number. So as long as none was high, none of the last is
    // taken; afterwards each may be the only one that was free below them.
    return has_been_near_the_end_.load(std::memory_order_relaxed) &&
           platform::lowest_free_descriptor() > last_descriptor_;
}

admission::lack admission::take(
    listener& at, const address& source, time_point now, rule limits, admission_slot& into
) noexcept {
    std::unique_lock guard(rate_mutex_, std::defer_lock);
    if (has_rate_) {
        guard.lock(); // until it is counted
    }
    // Looked at first, so that only a race for the last place takes something back.
    if (const auto found = lacks_place(at, now); found != lack::nothing && limits == rule::all) {
        return found;
    }
    admission_slot slot;
    slot.admission_ = this;
    slot.listener_ = &at;
    if (!slot.give_to(source)) {
        slot.admission_ = nullptr;
        return lack::share;
    }
    if (const auto found = take_place(at, limits); found != lack::nothing) {
        release_source(slot.source_);
        slot.admission_ = nullptr;
        return found;
    }
    if (has_rate_) {
        rate_.take();
    }
    into = std::move(slot);
    return lack::nothing;
}

admission::lack admission::lacks_place(const listener& at, time_point now) noexcept {
    const std::size_t own_most = at.options.max_sessions;
    if (own_most != 0 && at.places.value.load() >= own_most) {
        return lack::own_place;
    }
    if (most_ != 0 && sessions_.value.load() >= most_) {
        return lack::place;
    }
    return has_rate_ && rate_.wait(now) != duration::zero() ? lack::rate : lack::nothing;
}

admission::lack admission::take_place(listener& at, rule limits) noexcept {
    const std::size_t own_most = at.options.max_sessions;
    if (own_most != 0 && !take_one(at.places.value, own_most, limits)) {
        return lack::own_place;
    }
    if (most_ != 0 && !take_one(sessions_.value, most_, limits)) {
        give_back(at.places.value, own_most);
        return lack::place;
    }
    return lack::nothing;
}

bool admission::take_source(const source_prefix& source) noexcept {
    if (!source.is_known()) {
        return true;
    }
    const std::lock_guard guard(mutex_);
    try {
        std::size_t& count = sources_[source];
        if (count >= most_per_source_) {
            return false;
        }
        ++count;
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void admission::release_source(const source_prefix& source) noexcept {
    if (!source.is_known()) {
        return;
    }
    const std::lock_guard guard(mutex_);
    const auto found = sources_.find(source);
    if (--found->second == 0) {
        sources_.erase(found);
    }
}

std::string_view to_string(admission::lack what) noexcept {
    switch (what) {
    case admission::lack::nothing:
        return "nothing";
    case admission::lack::place:
        return "server.max_sessions";
    case admission::lack::own_place:
        return "listener.max_sessions";
    case admission::lack::rate:
        return "accept_rate";
    case admission::lack::descriptors:
        return "descriptors";
    case admission::lack::share:
        return "max_sessions_per_source";
    }
    return "unknown";
}

} // namespace eddy::detail
