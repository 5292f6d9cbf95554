// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/result.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/file.hpp>

#include <cstdint>

namespace eddy {

class session;

inline constexpr auto to_end_of_file = ~std::uint64_t(0); ///< For the count of `send_file`.

/// Writes `count` bytes of a file to a session, behind what is in its outbox; gives `count` when
/// the transport has taken them all.
///
/// Between a file and a socket of Linux the system moves the bytes by itself (sendfile(2)), and
/// what is not in its cache is read ahead off the loop: no disk holds up other sessions. Elsewhere
/// they are read off the loop, 64 KiB at a time, and written. The session's deadlines, its share of
/// a turn and `stats()` hold for them as for others. What other tasks write meanwhile goes out
/// between two pieces of the file.
///
/// @param to      Must outlive the task.
/// @param offset  The first byte, from 0.
/// @param count   Bytes; `to_end_of_file`: as many as there are when the task begins.
///
/// @par Errors
/// Those of `session::write`, and
/// - `errc::truncated` - the file is shorter than that. When it is so from the beginning, nothing
///   was written.
/// - otherwise the system's error of the file.
///
/// After an error some of the bytes may have been written. The session stays usable unless it broke
/// itself; a peer that was promised more can only be told by its end (`session::abort`).
///
/// @par Cancellation
/// Gives `errc::cancelled`; what was not sent is not sent any more.
///
/// @par Thread safety
/// On the session's loop.
///
/// @par Example
/// @snippet examples/11_file_sender/main.cpp handler
EDDY_EXPORT task<result<std::uint64_t>>
send_file(session& to, file from, std::uint64_t offset = 0, std::uint64_t count = to_end_of_file);

} // namespace eddy
