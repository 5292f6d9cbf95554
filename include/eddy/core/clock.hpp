// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <chrono>

namespace eddy {

using duration = std::chrono::nanoseconds;

/// The clock of the current loop: steady, cached once per turn, and virtual in a simulation.
///
/// Nothing in Eddy reads another steady clock. `now()` throws `std::logic_error` where no loop
/// runs.
struct loop_clock {
    using duration = eddy::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<loop_clock, duration>;
    static constexpr bool is_steady = true;

    EDDY_EXPORT static time_point now();
};

using time_point = loop_clock::time_point;

} // namespace eddy
