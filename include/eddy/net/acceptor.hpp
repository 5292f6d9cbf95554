// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/stream.hpp>

namespace eddy {

/// Takes one connection out of the backlog.
///
/// `error` is the system's own, unchanged: `accept_policy` decides what it means.
struct accept_op : io_op {
    using io_op::io_op;

    std::unique_ptr<stream> accepted; ///< Not tied to a loop yet, so that any loop may take it.
};

/// A listening socket. The seam under the server's listeners. Destroying it closes it.
class EDDY_EXPORT acceptor {
public:
    virtual ~acceptor() = default;

    virtual bool start_accept(accept_op& op) = 0;
    virtual void cancel_accept() noexcept = 0;

    /// Where it listens, with the port that the system chose.
    [[nodiscard]] virtual endpoint local() const = 0;
    [[nodiscard]] virtual native_handle native() const noexcept { return -1; }
};

} // namespace eddy
