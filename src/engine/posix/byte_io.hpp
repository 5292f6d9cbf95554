// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/stream.hpp>

#include <cerrno>
#include <cstddef>
#include <span>

/// The system calls that move bytes. None of them waits.
namespace eddy::posix {

/// What such a call has done. Two numbers, because this is made for every message and a code of the
/// standard library is not free.
struct moved {
    std::size_t bytes = 0;
    int failure = 0; ///< errno; 0 when there was none.
};

moved receive(int socket, std::span<std::byte> into) noexcept;
moved send(int socket, std::span<const std::span<const std::byte>> buffers) noexcept;

/// The same on descriptors that are no sockets (pipes, terminals, files).
moved read(int fd, std::span<std::byte> into) noexcept;
moved write(int fd, std::span<const std::span<const std::byte>> buffers) noexcept;

/// `errc::would_block`, `errc::reset`, or the system's own code.
[[nodiscard]] error_code code_of(int failure) noexcept;

/// Notes the outcome in an operation, whose `error` its owner has cleared. False when it has to
/// wait.
[[nodiscard]] inline bool note(read_op& op, moved done) noexcept {
    op.bytes = done.bytes;
    if (done.bytes == 0) {
        if (done.failure == EAGAIN) {
            return false;
        }
        op.error = done.failure == 0 ? make_error_code(errc::end_of_stream) : code_of(done.failure);
    }
    return true;
}
[[nodiscard]] inline bool note(write_op& op, moved done) noexcept {
    op.bytes = done.bytes;
    if (done.failure == EAGAIN) {
        return false;
    }
    if (done.failure != 0) {
        op.error = code_of(done.failure);
    }
    return true;
}

} // namespace eddy::posix
