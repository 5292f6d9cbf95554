// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/stream.hpp>

#include <cstdint>

namespace eddy {

/// One datagram: its bytes and its two ends.
struct packet {
    std::span<const std::byte> data;
    address peer;  ///< Received: where it came from. To send: where to.
    address local; ///< The address that it came to, so that a reply leaves from there; `none`: let
                   ///< the system choose.
    bool is_truncated =
        false; ///< The datagram was longer than the buffer; `data` has its beginning.
};

/// Receives a batch of datagrams, at least one.
struct receive_op : io_op {
    using io_op::io_op;

    std::span<packet> packets; ///< Room for the batch; the engine fills `received` of them.
    std::size_t received = 0;
    bool wait = true; ///< False: finish at once, with `errc::would_block` when nothing has arrived.
};

/// Sends a batch of datagrams in order. Completes when the transport has taken some, or with none
/// as a hint to start again. An error concerns the packet at index `sent`.
struct send_op : io_op {
    using io_op::io_op;

    std::span<const packet>
        packets; ///< Read inside `start_send` only; the bytes must stay until the end.
    std::size_t sent = 0;
};

/// A datagram socket. The seam under `datagrams`. Destroying it closes it.
///
/// Received bytes live in the port and stay valid until the next `start_receive`.
class EDDY_EXPORT packet_port {
public:
    virtual ~packet_port() = default;

    virtual bool start_receive(receive_op& op) = 0;
    virtual bool start_send(send_op& op) = 0;
    virtual void cancel_receive() noexcept = 0;
    virtual void cancel_send() noexcept = 0;

    /// Datagrams that the system dropped because the receive queue was full, as far as it tells
    /// (SO_RXQ_OVFL).
    [[nodiscard]] virtual std::uint64_t overflows() const noexcept { return 0; }
    [[nodiscard]] virtual endpoint local() const = 0;
    [[nodiscard]] virtual native_handle native() const noexcept { return -1; }
};

} // namespace eddy
