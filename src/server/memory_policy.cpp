// SPDX-License-Identifier: BSL-1.0
#include "server/memory_policy.hpp"

#include <algorithm>

namespace eddy::detail {
namespace {

constexpr bool is_above(std::size_t bytes, std::size_t mark) noexcept {
    return mark != 0 && bytes > mark;
}

} // namespace

std::size_t memory_policy::lower_mark() const noexcept {
    const std::size_t lower = marks_.soft != 0 ? marks_.soft : marks_.hard;
    return lower != 0 ? lower : order::no_limit;
}

memory_policy::order memory_policy::look(const load& now) noexcept {
    order made;
    if (now.total() <= lower_mark() - lower_mark() / 8) {
        phase_ = phase::calm;
        made.is_release = true;
        return made;
    }
    if (is_above(now.total(), marks_.soft)) {
        phase_ = std::max(phase_, phase::holding);
        // Coroutines cannot be held back: what they take is missing in every share.
        const std::size_t left = marks_.soft - std::min(marks_.soft, now.frames);
        made.share = left / std::max<std::size_t>(now.sessions, 1);
    }
    if (is_above(now.total(), marks_.hard)) {
        phase_ = phase::closing;
        made.to_free = now.total() - marks_.hard;
    }
    return made;
}

} // namespace eddy::detail
