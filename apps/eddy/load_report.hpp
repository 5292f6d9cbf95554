// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "load_state.hpp"

#include <array>
#include <string>

namespace client {

/// A percentile that reports show.
struct percentile {
    const char* name;
    double quantile;
};

inline constexpr std::array percentiles{
    percentile{"p50", 0.5},
    percentile{"p90", 0.9},
    percentile{"p99", 0.99},
    percentile{"p99.9", 0.999}
};

/// `412 ns`, `37.1 us`, `2.04 ms`, `1.5 s`.
[[nodiscard]] std::string to_short_text(std::uint64_t nanoseconds);

/// For people, several lines.
[[nodiscard]] std::string text_report(const load_state& state);
/// For programs, one object on one line.
[[nodiscard]] std::string json_report(const load_state& state);
/// How far it has come, without a newline.
[[nodiscard]] std::string progress_line(const load_state& state);

} // namespace client
