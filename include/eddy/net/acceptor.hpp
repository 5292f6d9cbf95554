// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/stream.hpp>

#include <memory>

namespace eddy {

/// Takes one connection out of the backlog.
///
/// `error` is the system's own, unchanged (accept(2) lists them); the server decides what it means.
/// `errc::closed` when the listener has no more to give.
struct accept_op : io_op {
    using io_op::io_op;

    std::unique_ptr<stream> accepted; ///< Not tied to a loop yet, so that any loop may take it.
};

/// A listening socket. The seam under the server's listeners.
///
/// At most one accept is outstanding. Destroying the acceptor closes it; the accept that waits must
/// have been cancelled. Connections that were not accepted are reset by the system.
///
/// @par Thread safety
/// On the loop whose engine made it.
class EDDY_EXPORT acceptor {
public:
    virtual ~acceptor() = default;

    /// Starts to accept, as every `start_` of the seam does; see `engine`.
    virtual bool start_accept(accept_op& op) = 0;
    /// Gives up the accept that waits, if there is one; no connection is lost by it.
    virtual void cancel_accept() noexcept = 0;

    /// Where it listens, with the port that the system chose.
    [[nodiscard]] virtual endpoint local() const = 0;
    /// From now on further sockets of this user may join it on its port, as if it had been opened
    /// with `socket_options::reuse_port`; while it was opened the port was its own.
    ///
    /// @par Errors
    /// `errc::not_supported` where there is no port; otherwise the system's.
    [[nodiscard]] virtual error_code share_port() noexcept { return errc::not_supported; }
    /// The system's number of the socket; -1 where there is none.
    [[nodiscard]] virtual native_handle native() const noexcept { return -1; }
};

} // namespace eddy
