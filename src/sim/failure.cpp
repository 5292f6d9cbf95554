// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/failure.hpp>

#include <fmt/format.h>

namespace eddy::sim {

void expect(bool holds, std::string_view what_must_hold, std::source_location at) {
    if (!holds) {
        throw failure(
            fmt::format("{}:{}: does not hold: {}", at.file_name(), at.line(), what_must_hold)
        );
    }
}

} // namespace eddy::sim
