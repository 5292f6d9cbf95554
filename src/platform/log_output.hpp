// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace eddy::platform {

/// A descriptor that lines are written to. It belongs to somebody else, often to several processes,
/// so nothing about it is changed: O_NONBLOCK would be set for all of them.
class log_output {
public:
    /// A write of no more than this goes into a pipe as one piece, and does not block when the
    /// pipe was ready for writing (PIPE_BUF).
    static constexpr std::size_t atomic_size = 4096;

    explicit log_output(int descriptor) noexcept : descriptor_(descriptor) {}

    /// Waits until a write would not block, or would fail. False when the time is over.
    [[nodiscard]] bool wait(std::chrono::milliseconds limit) const noexcept;

    /// Writes at most `atomic_size` bytes. Gives their number, zero for "wait again", or nothing
    /// when the output is broken: closed, full, its reader gone.
    [[nodiscard]] std::optional<std::size_t> write(std::string_view bytes) const noexcept;

private:
    int descriptor_;
};

} // namespace eddy::platform
