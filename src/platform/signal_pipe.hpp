// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "platform/unique_fd.hpp"

namespace eddy::platform {

/// Turns SIGINT, SIGTERM and SIGQUIT into bytes of a pipe, one a signal, for as long as it lives
/// (the self-pipe of signal-safety(7)). Several may live at once: each hears every signal.
///
/// When the last pipe goes, the process has the handlers back that it had before the first.
///
/// @par Thread safety
/// Made and destroyed on any thread.
class signal_pipe {
public:
    /// Throws `std::system_error` when there is no pipe, or too many of these already.
    signal_pipe();
    signal_pipe(signal_pipe&& other) noexcept = default;
    signal_pipe& operator=(signal_pipe&&) = delete;
    ~signal_pipe();

    /// The end to read signal numbers from, non-blocking; once.
    [[nodiscard]] unique_fd take_read_end() noexcept { return std::move(read_end_); }

private:
    unique_fd read_end_;
    unique_fd write_end_; // in the handler's table for as long as it is open
};

} // namespace eddy::platform
