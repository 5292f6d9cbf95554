// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/result.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace eddy {

/// A regular file that is open for reading, for `send_file`. Copies share it; it is closed with the
/// last of them.
///
/// @par Thread safety
/// Distinct objects: safe, also copies of one another.
class EDDY_EXPORT file {
public:
    /// Takes over a descriptor that is open for reading.
    explicit file(native_handle owned);

    /// Opens the file at `path`, off the loop.
    ///
    /// @par Errors
    /// - `errc::not_supported` - it is no regular file, but a folder or a pipe.
    /// - `errc::cancelled`     - the task was stopped.
    /// - otherwise the system's error: `std::errc::no_such_file_or_directory` …
    ///
    /// @par Cancellation
    /// The file is not opened, or closed again.
    ///
    /// @par Thread safety
    /// On a loop, any number at once.
    [[nodiscard]] static task<result<file>> open(std::string path);

    /// How long it is now, in bytes; the system's error when it does not tell.
    [[nodiscard]] result<std::uint64_t> size() const noexcept;

    /// The system's number of the file, which stays its own.
    [[nodiscard]] native_handle native() const noexcept;

private:
    class handle;

    std::shared_ptr<const handle> handle_;
};

} // namespace eddy
