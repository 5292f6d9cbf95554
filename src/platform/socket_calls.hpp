// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <sys/socket.h>

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define EDDY_PLAIN_CALLS 1
#elif !__has_feature(thread_sanitizer)
#define EDDY_PLAIN_CALLS 1
#endif
#endif

#if defined(EDDY_PLAIN_CALLS)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// recv(2) and send(2) without waiting and without SIGPIPE.
///
/// Those of the C library are cancellation points: once a process has threads, each call costs two
/// locked instructions for the sake of pthread_cancel(3), which nobody here uses. So the system is
/// asked directly, but for the thread sanitizer, which learns from them who has heard from whom.
namespace eddy::platform {

inline ::ssize_t receive(int socket, void* into, std::size_t size) noexcept {
#if defined(EDDY_PLAIN_CALLS) && defined(SYS_recvfrom)
    return ::syscall(SYS_recvfrom, socket, into, size, MSG_DONTWAIT, nullptr, nullptr);
#else
    return ::recv(socket, into, size, MSG_DONTWAIT);
#endif
}

inline ::ssize_t send(int socket, const void* bytes, std::size_t size) noexcept {
#if defined(EDDY_PLAIN_CALLS) && defined(SYS_sendto)
    return ::syscall(SYS_sendto, socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
#else
    return ::send(socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
#endif
}

} // namespace eddy::platform
