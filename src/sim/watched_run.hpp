// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace eddy::sim::detail {

/// Counted up by whoever is watched, whenever it comes by.
using pulse = std::shared_ptr<std::atomic<std::uint64_t>>;

/// Runs `work` on a thread of its own and waits for it; throws what it throws.
///
/// False when `beats` has stood still for `limit` of real time. The thread cannot be ended and is
/// left behind then, so `work` must own what it uses. Zero: no limit, and no other thread.
[[nodiscard]] bool run_watched(std::function<void()> work, const pulse& beats, duration limit);

} // namespace eddy::sim::detail
