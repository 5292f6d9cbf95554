// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

namespace eddy {

/// Makes the process fit for a server. For programs, as the first thing in `main`; a server that is
/// part of another program leaves these choices to it, and works without.
///
/// - Each of the descriptors 0, 1 and 2 that is closed is opened on /dev/null, so that no socket
/// can
///   get its number and then be written to by a `printf`.
/// - SIGPIPE and SIGXFSZ are ignored: a reader of our output that is gone, or a full disk quota, is
/// an
///   error of that write, not the end of the process. (Sessions never raise SIGPIPE, with or
///   without.)
/// - The soft limit of descriptors is raised to the hard one (RLIMIT_NOFILE of getrlimit(2)): the
///   low one is there for programs that use select(2).
///
/// @par Thread safety
/// Before other threads are started.
EDDY_EXPORT void prepare_process() noexcept;

} // namespace eddy
