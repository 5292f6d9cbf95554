// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/sim/trace.hpp>

#include "sim/kernel.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace eddy::sim::detail {

class engine_of_host;

/// A UDP or Unix datagram socket in the kernel of its host.
///
/// UDP loses what does not fit into the receiver's queue. A Unix socket waits for room there
/// instead, as the kernel does.
class datagram_socket : public std::enable_shared_from_this<datagram_socket> {
public:
    datagram_socket(
        engine_of_host& driver,
        endpoint::transport kind,
        const address& bound,
        const socket_options& options
    );
    datagram_socket(const datagram_socket&) = delete;
    datagram_socket& operator=(const datagram_socket&) = delete;

    [[nodiscard]] endpoint::transport kind() const noexcept { return kind_; }
    [[nodiscard]] const address& bound() const noexcept { return bound_; }
    [[nodiscard]] const socket_options& options() const noexcept { return options_; }
    void share_port() noexcept { options_.reuse_port = true; }
    [[nodiscard]] std::size_t memory() const noexcept { return queued_bytes_; }
    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }

    bool start_receive(receive_op& op);
    bool start_send(send_op& op);
    void cancel_receive() noexcept { receiving_ = nullptr; }
    void cancel_send() noexcept { sending_ = nullptr; }
    void close();

private:
    struct shipment {
        std::vector<std::byte> bytes;
        address peer;
        address local;
    };

    [[nodiscard]] world& owner() const noexcept;
    void record(occurrence what, std::uint64_t amount = 0);

    bool try_receive(receive_op& op);
    void receive_ready();
    void send_ready();
    void wake_receiver();
    void wake_sender();

    /// Sends one; an error, or `errc::would_block` when the receiver has no room.
    error_code send(const datagram& sent);
    error_code send_udp(const datagram& sent, shipment carried);
    error_code send_local(const datagram& sent, shipment carried);
    [[nodiscard]] bool has_room(std::size_t bytes) const noexcept;
    void arrive(shipment arrived);

    engine_of_host* engine_;
    endpoint::transport kind_;
    address bound_;
    socket_options options_;
    std::uint64_t number_;
    std::size_t capacity_;

    std::deque<shipment> queue_;
    std::size_t queued_bytes_ = 0;
    std::uint64_t overflows_ = 0;
    std::vector<shipment> lent_; // what the last receive gave out

    receive_op* receiving_ = nullptr;
    send_op* sending_ = nullptr;
    std::vector<std::weak_ptr<datagram_socket>> waiting_senders_;
};

/// The program's end of a datagram socket.
[[nodiscard]] std::unique_ptr<datagram_port>
make_port(std::shared_ptr<datagram_socket> socket, descriptor held);

} // namespace eddy::sim::detail
