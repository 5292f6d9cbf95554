// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/byte_io.hpp"

#include "engine/posix/socket.hpp"
#include "platform/socket_calls.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

namespace eddy::posix {
namespace {

/// Buffers of one gathered send; more go with the next call. Well under IOV_MAX, and enough for a 1
/// MiB outbox.
constexpr std::size_t gather_max = 64;

template <class Call>
moved retried(Call call) noexcept {
    for (;;) {
        const ::ssize_t count = call();
        if (count >= 0) {
            return {static_cast<std::size_t>(count), 0};
        }
        if (errno != EINTR) {
            return {0, errno};
        }
    }
}

template <class Call>
[[gnu::noinline]] moved
gathered(std::span<const std::span<const std::byte>> buffers, Call call) noexcept {
    std::array<::iovec, gather_max> parts;
    std::size_t count = 0;
    for (const auto& buffer : buffers.first(std::min(buffers.size(), parts.size()))) {
        // writev does not write through the pointer; its type predates const.
        parts[count++] = {const_cast<std::byte*>(buffer.data()), buffer.size()};
    }
    return retried([&] { return call(parts.data(), count); });
}

/// Asked before each call on a descriptor that may be in blocking mode.
bool is_ready(int fd, short events) noexcept {
    ::pollfd waiting{fd, events, 0};
    return ::poll(&waiting, 1, 0) != 0;
}

} // namespace

moved receive(int socket, std::span<std::byte> into) noexcept {
    return retried([&] { return platform::receive(socket, into.data(), into.size()); });
}

moved send(int socket, std::span<const std::span<const std::byte>> buffers) noexcept {
    if (buffers.size() == 1) {
        const auto only = buffers.front();
        return retried([&] { return platform::send(socket, only.data(), only.size()); });
    }
    return gathered(buffers, [socket](::iovec* parts, std::size_t count) {
        ::msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = count;
        return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    });
}

moved read(int fd, std::span<std::byte> into) noexcept {
    if (!is_ready(fd, POLLIN)) {
        return {0, EAGAIN};
    }
    return retried([&] { return ::read(fd, into.data(), into.size()); });
}

moved write(int fd, std::span<const std::span<const std::byte>> buffers) noexcept {
    if (!is_ready(fd, POLLOUT)) {
        return {0, EAGAIN};
    }
    return gathered(buffers, [fd](const ::iovec* parts, std::size_t count) {
        return ::writev(fd, parts, static_cast<int>(count));
    });
}

error_code code_of(int failure) noexcept {
    return failure == EAGAIN ? make_error_code(errc::would_block) : stream_error(failure);
}

} // namespace eddy::posix
