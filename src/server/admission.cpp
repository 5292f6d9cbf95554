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

} // namespace

void admission_slot::release() noexcept {
    if (auto* from = std::exchange(admission_, nullptr)) {
        from->release_source(source_);
        listener_->places.fetch_sub(1);
        from->sessions_.fetch_sub(1);
    }
}

admission::admission(const server_config& config)
    : most_(config.max_sessions), most_per_source_(config.max_sessions_per_source),
      rate_(config.accept_rate), last_descriptor_(last_for_sessions()) {
    if (config.accept_rate_per_source != 0) {
        const rate_limit each(config.accept_rate_per_source, std::chrono::seconds(1));
        source_rates_.emplace(each, sources_kept);
    }
}

admission::lack admission::lacks(const listener& at, time_point now) noexcept {
    if (at.options.max_sessions != 0 && at.places.load() >= at.options.max_sessions) {
        return lack::own_place;
    }
    if (most_ != 0 && sessions_.load() >= most_) {
        return lack::place;
    }
    if (is_short_of_descriptors()) {
        return lack::descriptors;
    }
    return rate_.wait(now) == duration::zero() ? lack::nothing : lack::rate;
}

void admission::came(native_handle descriptor) noexcept {
    rate_.take();
    has_been_near_the_end_ = has_been_near_the_end_ || descriptor >= last_descriptor_;
}

bool admission::comes_too_often(const stream& accepted, time_point now) noexcept {
    if (!source_rates_) {
        return false;
    }
    const source_prefix from(accepted.peer());
    return from.is_known() && !source_rates_->take(from, now);
}

bool admission::is_short_of_descriptors() noexcept {
    // The system gives the lowest free number. So as long as none was high, none of the last is
    // taken; afterwards each may be the only one that was free below them.
    return has_been_near_the_end_ && platform::lowest_free_descriptor() > last_descriptor_;
}

admission_slot admission::take(listener& at, const stream& accepted) noexcept {
    const source_prefix from =
        most_per_source_ == 0 ? source_prefix() : source_prefix(accepted.peer());
    admission_slot slot;
    if (take_source(from)) {
        sessions_.fetch_add(1);
        at.places.fetch_add(1);
        slot.admission_ = this;
        slot.listener_ = &at;
        slot.source_ = from;
    }
    return slot;
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
    }
    return "unknown";
}

} // namespace eddy::detail
