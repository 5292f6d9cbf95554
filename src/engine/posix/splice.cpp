// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/splice.hpp"

#if defined(__linux__)

#include "platform/sigpipe_guard.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

namespace eddy::posix {
namespace {

/// What sendfile(2) says of its file, and of no socket.
bool is_of_file(int error) noexcept {
    switch (error) {
    case EBADF:
    case EINVAL:
    case EIO:
    case EISDIR:
    case EOVERFLOW:
    case ESPIPE:
    case ESTALE:
        return true;
    default:
        return false;
    }
}

::ssize_t send_some(int socket, const splice_source& from, std::size_t size) noexcept {
    if (from.offset == splice_source::is_pipe) {
        return ::splice(from.descriptor, nullptr, socket, nullptr, size, SPLICE_F_NONBLOCK);
    }
    auto offset = static_cast<::off_t>(from.offset);
    return ::sendfile(socket, from.descriptor, &offset, size);
}

} // namespace

bool can_splice(int socket) noexcept {
    int domain = AF_UNSPEC;
    ::socklen_t size = sizeof domain;
    return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX);
}

moved splice_from(int socket, const splice_target& into) noexcept {
    for (;;) {
        const ::ssize_t count =
            ::splice(socket, nullptr, into.pipe, nullptr, into.room, SPLICE_F_NONBLOCK);
        if (count >= 0) {
            return {static_cast<std::size_t>(count), 0};
        }
        if (errno != EINTR) {
            return {0, errno};
        }
    }
}

moved splice_to(int socket, splice_source& from, std::size_t size) noexcept {
    platform::sigpipe_guard guard;
    const bool is_file = from.offset != splice_source::is_pipe;
    for (;;) {
        const ::ssize_t count = send_some(socket, from, size);
        const int error = count < 0 ? errno : 0;
        if (count > 0) {
            from.offset += is_file ? static_cast<std::uint64_t>(count) : 0;
            return {static_cast<std::size_t>(count), 0};
        }
        if (count == 0 || (is_file && is_of_file(error))) {
            from.failure = count == 0 ? error_code(errc::truncated)
                                      : error_code(error, std::system_category());
            return {};
        }
        if (error == EPIPE) {
            guard.raised();
        }
        if (error != EINTR) {
            return {0, error};
        }
    }
}

} // namespace eddy::posix

#else

#include <cerrno>

namespace eddy::posix {

bool can_splice(int /*socket*/) noexcept {
    return false;
}

moved splice_from(int /*socket*/, const splice_target& /*into*/) noexcept {
    return {0, ENOTSUP};
}

moved splice_to(int /*socket*/, splice_source& /*from*/, std::size_t /*size*/) noexcept {
    return {0, ENOTSUP};
}

} // namespace eddy::posix

#endif
