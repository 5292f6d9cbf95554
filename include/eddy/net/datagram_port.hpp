// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/stream.hpp>

#include <cstdint>

namespace eddy {

/// One datagram: its bytes and its two ends.
struct datagram {
    std::span<const std::byte> data;
    address peer; ///< Received: where it came from. To send: where to.
    /// The address that it came to, so that a reply leaves from there (IP_PKTINFO of ip(7)); `none`
    /// lets the system choose.
    address local;
    bool is_truncated = false; ///< It was longer than the buffer; `data` has its beginning.
};

/// Receives a batch of datagrams, at least one.
struct receive_op : io_op {
    using io_op::io_op;

    std::span<datagram> datagrams; ///< Room for the batch; the engine fills `received` of them.
    std::size_t received = 0;
    bool wait = true; ///< False: finish at once, with `errc::would_block` when nothing has arrived.
};

/// Sends a batch of datagrams in order. Completes when the transport has taken some, or with none
/// as a hint to start again. An error concerns the datagram at index `sent`.
struct send_op : io_op {
    using io_op::io_op;

    /// Read inside `start_send` only; the bytes must stay until the end.
    std::span<const datagram> datagrams;
    std::size_t sent = 0;
};

/// A datagram socket. The seam under `datagrams`.
///
/// At most one receive and one send are outstanding. Received bytes live in the port and stay valid
/// until the next `start_receive`. Destroying the port closes it, and cancels both.
///
/// @par Thread safety
/// On the loop whose engine made it.
class EDDY_EXPORT datagram_port {
public:
    virtual ~datagram_port() = default;

    // As every operation of the seam; see `engine`.
    virtual bool start_receive(receive_op& op) = 0;
    virtual bool start_send(send_op& op) = 0;
    virtual void cancel_receive() noexcept = 0;
    virtual void cancel_send() noexcept = 0;

    /// Datagrams that the system dropped because the receive queue was full, as far as it tells
    /// (SO_RXQ_OVFL of socket(7)).
    [[nodiscard]] virtual std::uint64_t overflows() const noexcept { return 0; }
    /// Where it is bound, with the port that the system chose.
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
