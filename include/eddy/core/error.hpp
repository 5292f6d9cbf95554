// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace eddy {

using std::error_code;

/// What can go wrong with an operation, beyond the errors of the operating system.
enum class errc {
    end_of_stream = 1, ///< The peer will send no more; an orderly end, not a failure.
    reset, ///< The peer reset the connection, or it broke; nothing more can be sent or received.
    timed_out,     ///< The operation's deadline passed; the session stays usable.
    cancelled,     ///< The owning scope was stopped.
    draining,      ///< The server drains and no message has begun.
    closed,        ///< The object was closed on this side, or the channel was closed and is empty.
    truncated,     ///< The stream ended, or the datagram was cut, in the middle of a message.
    too_long,      ///< A line or message is longer than the given maximum.
    would_block,   ///< A `try_` function had no room or nothing to give.
    no_such_host,  ///< The name does not resolve to an address.
    not_supported, ///< The engine or platform cannot do this.
    malformed,     ///< What the peer sent, or what is to be sent, is no message of the protocol.
};

/// The category of `errc`, named "eddy". Codes compare equal to the portable conditions of the same
/// meaning: `errc::timed_out` to `std::errc::timed_out`, also `reset`, `cancelled`, `too_long`,
/// `would_block` and `not_supported`.
EDDY_EXPORT const std::error_category& error_category() noexcept;

inline error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// A set-up failure: a bad endpoint, a port in use, a missing right. Thrown before anything runs.
///
/// `what()` names the thing, the cause and the remedy. `code()` is the cause for programs.
class EDDY_EXPORT error : public std::runtime_error {
public:
    error(error_code code, const std::string& message) : std::runtime_error(message), code_(code) {}

    [[nodiscard]] const error_code& code() const noexcept { return code_; }

private:
    error_code code_;
};

/// Thrown out of a `co_await` that has no other way to say that its task was stopped
/// (`sleep`, `event::wait`, `offload`). Do not swallow it: it ends the task, which is what was
/// asked for.
class EDDY_EXPORT cancelled : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "the task was stopped"; }
};

} // namespace eddy

/// @cond
template <>
struct std::is_error_code_enum<eddy::errc> : std::true_type {};
/// @endcond
