// SPDX-License-Identifier: BSL-1.0
#include "platform/file_io.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

namespace eddy::platform {
namespace {

std::error_code last_error() noexcept {
    return {errno, std::system_category()};
}

#if defined(RWF_NOWAIT)
/// Such a file system cannot be asked: it does not know RWF_NOWAIT.
bool is_on_memory_disk(int file) noexcept {
    struct ::statfs system{};
    return ::fstatfs(file, &system) == 0 &&
           (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}
#endif

} // namespace

unique_fd open_for_reading(const std::string& path, std::error_code& failure) noexcept {
    // Not blocking: of a pipe, open(2) would wait for its other end.
    unique_fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!opened) {
        failure = last_error();
    }
    return opened;
}

bool is_regular(int file) noexcept {
    struct ::stat status{};
    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

std::uint64_t size_of(int file, std::error_code& failure) noexcept {
    struct ::stat status{};
    if (::fstat(file, &status) != 0) {
        failure = last_error();
        return 0;
    }
    return static_cast<std::uint64_t>(status.st_size);
}

std::size_t read_at(
    int file, std::uint64_t offset, std::span<std::byte> into, std::error_code& failure
) noexcept {
    std::size_t done = 0;
    while (done != into.size()) {
        const auto count = ::pread(
            file, into.data() + done, into.size() - done, static_cast<::off_t>(offset + done)
        );
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            failure = last_error();
        }
        if (count <= 0) {
            break;
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

bool is_in_memory(int file, std::uint64_t offset) noexcept {
#if defined(RWF_NOWAIT)
    std::byte probe{};
    const ::iovec into{&probe, 1};
    const auto count = ::preadv2(file, &into, 1, static_cast<::off_t>(offset), RWF_NOWAIT);
    return count == 1 || (count < 0 && errno == EOPNOTSUPP && is_on_memory_disk(file));
#else
    (void)file;
    (void)offset;
    return false;
#endif
}

} // namespace eddy::platform
