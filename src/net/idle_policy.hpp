// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/pool_options.hpp>

#include "core/split_mix.hpp"

#include <cstdint>

namespace eddy::detail {

/// What the life of a pooled session depends on.
struct idle_times {
    deadline ends;         ///< By its age.
    time_point since{};    ///< Not leased since then.
    time_point answered{}; ///< Last known to work: leased or checked.
};

/// What becomes of a session that nobody has leased.
enum class idle_verdict : std::uint8_t { keep, too_old, too_idle, check };

/// When a session that is made now is too old.
[[nodiscard]] deadline end_by_age(const pool_options& options, time_point now, split_mix& random);

[[nodiscard]] idle_verdict
judge_idle(const pool_options& options, const idle_times& times, time_point now) noexcept;

/// When it is to be judged again.
[[nodiscard]] deadline
next_judgement(const pool_options& options, const idle_times& times) noexcept;

/// Throws `std::invalid_argument` that names what is out of its range.
void check_pool_options(const pool_options& options);

} // namespace eddy::detail
