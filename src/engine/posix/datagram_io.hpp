// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <sys/socket.h>
#include <sys/uio.h>
#include <vector>

namespace eddy::posix {

/// Sends and receives datagrams many at a time (recvmmsg, sendmmsg), with the local address of each
/// (IP_PKTINFO). Those of UDP that go to one peer, one behind the other, pass through the kernel as
/// one block (UDP_SEGMENT of udp(7)), and blocks that come are taken apart (UDP_GRO).
class datagram_io {
public:
    /// Blocks in one call. Enough to pay for the call, few enough not to starve the loop's other
    /// sockets.
    static constexpr std::size_t batch = 32;

    datagram_io(std::size_t max_datagram, endpoint::transport kind, std::uint16_t local_port);
    ~datagram_io();

    /// Fills `datagrams` with what has arrived; the bytes stay valid until the next call.
    result<std::size_t> receive(int fd, std::span<datagram> datagrams);
    /// The next `receive` is likely to find something: what the system gave was not all taken, or
    /// was as much as it gives in one call.
    [[nodiscard]] bool has_more() const noexcept { return has_blocks() || blocks_.size() == batch; }
    /// Gives how many were taken. An error concerns the first of `datagrams`.
    result<std::size_t> send(int fd, std::span<const datagram> datagrams);

    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }

private:
    /// What one message of the system holds: datagrams of `segment` bytes, the last perhaps of
    /// fewer.
    struct block {
        datagram whole;
        std::size_t segment = 0;
    };

    struct intake;

    [[nodiscard]] bool has_blocks() const noexcept { return next_ != blocks_.size(); }
    void prepare(int fd);
    void make_intake();
    result<std::size_t> receive_blocks(int fd);
    block to_block(::mmsghdr& received, std::byte* data);
    datagram take_datagram() noexcept;
    [[nodiscard]] std::size_t
    group_size(std::span<const datagram> datagrams, std::size_t most) const noexcept;
    result<std::size_t> send_groups(int fd, std::span<const datagram> datagrams);

    std::size_t max_datagram_;
    endpoint::transport kind_;
    std::uint16_t local_port_;
    bool is_prepared_ = false;
    bool groups_ = false;            // sends several to one peer as one block
    bool coalesces_ = false;         // a block may be longer than a datagram
    std::unique_ptr<intake> intake_; // from the first receive on
    std::vector<block> blocks_;      // received
    std::size_t next_ = 0;           // of them
    std::uint64_t overflows_ = 0;
};

} // namespace eddy::posix
