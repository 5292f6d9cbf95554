// SPDX-License-Identifier: BSL-1.0
#include "platform/standard_fds.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>

namespace eddy::platform {

void open_standard_fds() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            // The lowest free number is this one. Not close-on-exec: children want all three as
            // well.
            static_cast<void>(::open("/dev/null", O_RDWR));
        }
    }
}

void ignore_write_signals() noexcept {
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
        struct sigaction ignore{};
        ignore.sa_handler = SIG_IGN;
        ::sigaction(signal, &ignore, nullptr);
    }
}

} // namespace eddy::platform
