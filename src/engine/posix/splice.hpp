// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine/posix/byte_io.hpp"

/// Bytes that the system moves by itself: splice(2) and sendfile(2). ENOTSUP where there is nothing
/// of the kind.
namespace eddy::posix {

/// True for sockets whose bytes can be moved so.
[[nodiscard]] bool can_splice(int socket) noexcept;

/// Moves what has arrived at `socket` into the pipe: 0 at the end of the stream.
moved splice_from(int socket, const splice_target& into) noexcept;

/// Moves up to `size` bytes of `from` to `socket`. 0 with `from.failure` when that has none.
moved splice_to(int socket, splice_source& from, std::size_t size) noexcept;

} // namespace eddy::posix
