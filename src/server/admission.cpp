// SPDX-License-Identifier: BSL-1.0
#include "server/admission.hpp"

#include "platform/descriptors.hpp"
#include "server/listener.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <mutex>

namespace eddy::detail {
namespace {

/// Descriptors that sessions leave for logs, files and names: 8 to 64, as many as a fiftieth.
int last_for_sessions() noexcept {
    const int limit = platform::descriptor_limit();
    return limit == INT_MAX ? limit : limit - 1 - std::clamp(limit / 50, 8, 64);
}

} // namespace

source_prefix::source_prefix(const address& from) noexcept {
    if (!from.is_ip()) {
        return;
    }
    is_known_ = true;
    static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const auto& bytes = from.v6();
    const bool is_mapped = from.kind() == address::family::ipv6 &&
                           std::equal(mapped.begin(), mapped.end(), bytes.begin());
    is_ipv4_ = is_mapped || from.kind() == address::family::ipv4;
    std::memcpy(&bits_, bytes.data() + (is_mapped ? mapped.size() : 0), is_ipv4_ ? 4 : 8);
}

std::size_t source_prefix::hash::operator()(const source_prefix& of) const noexcept {
    return std::hash<std::uint64_t>()(of.bits_ * 2 + (of.is_ipv4_ ? 1 : 0));
}

void admission_slot::release() noexcept {
    if (auto* from = std::exchange(admission_, nullptr)) {
        from->release_source(source_);
        listener_->places.fetch_sub(1);
        from->sessions_.fetch_sub(1);
    }
}

admission::admission(const server_config& config)
    : most_(config.max_sessions), most_per_source_(config.max_sessions_per_source),
      rate_(config.accept_rate), last_descriptor_(last_for_sessions()) {}

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
    is_near_the_end_ = descriptor >= last_descriptor_;
}

bool admission::is_short_of_descriptors() noexcept {
    // The system gives the lowest free number, so only a high one makes it worth to ask.
    is_near_the_end_ = is_near_the_end_ && platform::lowest_free_descriptor() > last_descriptor_;
    return is_near_the_end_;
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
