// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace eddy::platform {

/// Opens /dev/null in place of each of the descriptors 0, 1 and 2 that is closed. Otherwise the
/// next socket or epoll set gets its number, and the first line on standard output goes there.
void open_standard_fds() noexcept;

/// Ignores SIGPIPE and SIGXFSZ: what they tell comes as the errors EPIPE and EFBIG too.
void ignore_write_signals() noexcept;

} // namespace eddy::platform
