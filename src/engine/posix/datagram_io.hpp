// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <sys/socket.h>
#include <sys/uio.h>

namespace eddy::posix {

/// Sends and receives datagrams many at a time (recvmmsg, sendmmsg), with the local address of each
/// (IP_PKTINFO).
class datagram_io {
public:
    /// Datagrams in one call. Enough to pay for the call, few enough not to starve the loop's other
    /// sockets.
    static constexpr std::size_t batch = 32;

    explicit datagram_io(
        std::size_t max_datagram, endpoint::transport kind, std::uint16_t local_port
    );

    /// Fills `datagrams` with what has arrived; the bytes stay valid until the next call.
    result<std::size_t> receive(int fd, std::span<datagram> datagrams);
    /// Gives how many were taken. An error concerns the first of `datagrams`.
    result<std::size_t> send(int fd, std::span<const datagram> datagrams);

    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }

private:
    struct control_block {
        alignas(::cmsghdr) std::array<std::byte, 128> bytes;
    };

    datagram to_datagram(::mmsghdr& received, std::byte* data);
    static void
    set_source(::msghdr& message, control_block& control, const address& source) noexcept;

    std::size_t stride_;
    std::size_t max_datagram_;
    endpoint::transport kind_;
    std::uint16_t local_port_;
    std::unique_ptr<std::byte[]> memory_;
    std::uint64_t overflows_ = 0;
};

} // namespace eddy::posix
