// SPDX-License-Identifier: BSL-1.0
#include "platform/descriptors.hpp"

#include "platform/unique_fd.hpp"

#include <climits>
#include <fcntl.h>
#include <sys/resource.h>

namespace eddy::platform {

int descriptor_limit() noexcept {
    ::rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= INT_MAX) {
        return INT_MAX;
    }
    return static_cast<int>(limit.rlim_cur);
}

void raise_descriptor_limit() noexcept {
    ::rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit)); // as many as before will do
    }
}

int lowest_free_descriptor() noexcept {
    const unique_fd probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return probe ? probe.get() : INT_MAX;
}

} // namespace eddy::platform
