// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "histogram.hpp"

#include <string>

namespace client {

/// A chart of latencies by percentile as SVG. Both axes are logarithmic: each step to the right is
/// one more nine.
///
/// @param latency  In nanoseconds.
/// @param title    One line, any text.
[[nodiscard]] std::string latency_chart(const histogram& latency, const std::string& title);

/// Writes a file. Throws `failure` when that fails.
void write_file(const std::string& path, const std::string& content);

} // namespace client
