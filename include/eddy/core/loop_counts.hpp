// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/gauge.hpp>

namespace eddy::detail {

/// What a loop has done since it was made. Counted on its thread, read on any.
struct loop_counts {
    gauge waits;    ///< Times that its engine came back from waiting.
    gauge turns;    ///< `loop::turn`: what was ready, one after the other.
    gauge posted;   ///< Functions that `loop::post` brought: what came from other threads.
    gauge resumed;  ///< Coroutines that went on.
    gauge receives; ///< Calls of the system that take bytes or datagrams, also in vain.
    gauge sends;    ///< The same of those that give them.
};

} // namespace eddy::detail
