// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parity {

/// What one side of a scenario did and saw, a line for each step.
using transcript = std::vector<std::string>;

/// The transcripts of both sides as one text. Each side's lines are in its own order; how the two
/// interleave is up to the scheduler of whoever runs them.
[[nodiscard]] std::string joined(const transcript& server, const transcript& client);

/// Short texts in quotes, long ones as their size and a checksum.
[[nodiscard]] std::string quoted(std::string_view text);

/// The first line in which the texts differ, with both versions; empty when they are equal.
[[nodiscard]] std::string first_difference(std::string_view expected, std::string_view found);

} // namespace parity
