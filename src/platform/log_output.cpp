// SPDX-License-Identifier: BSL-1.0
#include "platform/log_output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

namespace eddy::platform {

static_assert(log_output::atomic_size <= PIPE_BUF);

bool log_output::wait(std::chrono::milliseconds limit) const noexcept {
    pollfd waited{descriptor_, POLLOUT, 0};
    return ::poll(&waited, 1, static_cast<int>(limit.count())) > 0;
}

std::optional<std::size_t> log_output::write(std::string_view bytes) const noexcept {
    const auto written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), atomic_size));
    if (written >= 0) {
        return static_cast<std::size_t>(written);
    }
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    return std::nullopt;
}

} // namespace eddy::platform
