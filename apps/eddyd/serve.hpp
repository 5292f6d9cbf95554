// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config.hpp"

namespace eddyd {

/// What the process ends with, beside 0 and 1 of `eddy::server::run`.
enum exit_status : int {
    bad_configuration = 2,
    cannot_bind = 3,
    cannot_run = 4,
};

/// Serves until a signal or the last listener ends it, and gives the exit status. Prints a line for
/// each endpoint on standard output when it is ready; on standard error when a session uses that.
int serve(const config& wanted);

} // namespace eddyd
