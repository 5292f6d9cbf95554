// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <cstddef> // says which standard library this is

// In C++20 libstdc++'s <chrono> brings streams, locales and calendars along, a tenth of what a
// handler costs the compiler. Durations and clocks are in the part that all of its own headers use.
#if defined(__GLIBCXX__) && __has_include(<bits/chrono.h>)
#include <bits/chrono.h> // IWYU pragma: export
#else
#include <chrono>
#endif

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
