// SPDX-License-Identifier: BSL-1.0
#include "platform/byte_pipe.hpp"

#include <fcntl.h>

namespace eddy::platform {
namespace {

/// As much as a session may move in one turn of its loop.
constexpr std::size_t wanted_capacity = 256 * 1024;
/// What pipe(7) gives without asking.
constexpr std::size_t least_capacity = 64 * 1024;

} // namespace

std::optional<byte_pipe> byte_pipe::open() noexcept {
#if defined(__linux__)
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return std::nullopt;
    }
    unique_fd output(ends[0]);
    unique_fd input(ends[1]);
    (void)::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(wanted_capacity)); // or what it is
    const int capacity = ::fcntl(ends[1], F_GETPIPE_SZ);
    if (capacity >= static_cast<int>(least_capacity)) {
        return byte_pipe(std::move(input), std::move(output), static_cast<std::size_t>(capacity));
    }
#endif
    return std::nullopt;
}

void read_pipe(int output, std::span<std::byte> into) noexcept {
    while (!into.empty()) {
        const ::ssize_t count = ::read(output, into.data(), into.size());
        if (count <= 0) {
            return;
        }
        into = into.subspan(static_cast<std::size_t>(count));
    }
}

} // namespace eddy::platform
