// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/sim/random.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim::detail {

/// The random decisions that are not calm in a run, sorted: what is left of a failure's cause.
using schedule = std::vector<decision>;

/// `segment:3,loss:0`
[[nodiscard]] std::string to_string(const schedule& decisions);
/// The opposite. Throws `failure` that names what is wrong.
[[nodiscard]] schedule parse_schedule(std::string_view text);

/// A small part of `decisions` for which `fails` still holds: Zeller's delta debugging, whole kinds
/// first.
///
/// @param most_runs How often `fails` may be asked.
[[nodiscard]] schedule shrink(
    schedule decisions, std::size_t most_runs, const std::function<bool(const schedule&)>& fails
);

} // namespace eddy::sim::detail
