// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/datagram_io.hpp"

#include "engine/posix/socket.hpp"
#include "engine/posix/socket_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/ip.h>

namespace eddy::posix {
namespace {

/// Three cache lines between the buffers of a batch keep them out of one another's cache sets,
/// which a stride of 64 KiB would not (an L1 way holds 4 KiB).
constexpr std::size_t padding = 192;

template <class Value>
Value read_control(const ::cmsghdr& header) noexcept {
    Value value;
    std::memcpy(&value, CMSG_DATA(&header), sizeof value);
    return value;
}

/// Addresses that mean something on one interface only, fe80::/10.
bool is_link_local(const address::ipv6_bytes& bytes) noexcept {
    return bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
}

/// A raw IPv4 socket gives the IP header too (raw(7)); handlers want the ICMP message, as ICMPv6
/// sockets give it.
std::span<const std::byte> without_ip_header(std::span<const std::byte> data) noexcept {
    if (data.empty()) {
        return data;
    }
    const auto words = std::to_integer<std::size_t>(data.front()) & 0x0F;
    return data.subspan(std::min(data.size(), words * 4));
}

} // namespace

datagram_io::datagram_io(
    std::size_t max_datagram, endpoint::transport kind, std::uint16_t local_port
)
    : stride_(max_datagram + padding), max_datagram_(max_datagram), kind_(kind),
      local_port_(local_port) {}

result<std::size_t> datagram_io::receive(int fd, std::span<datagram> datagrams) {
    if (!memory_) {
        // Not initialised: only the pages that datagrams reach are ever touched.
        memory_ = std::make_unique_for_overwrite<std::byte[]>(stride_ * batch);
    }
    const std::size_t room = std::min(datagrams.size(), batch);
    std::array<::mmsghdr, batch> headers;
    std::array<::iovec, batch> parts;
    std::array<socket_address, batch> peers;
    std::array<control_block, batch> controls;
    for (std::size_t i = 0; i != room; ++i) {
        parts[i] = {memory_.get() + i * stride_, max_datagram_};
        auto& message = headers[i].msg_hdr;
        message = {};
        message.msg_name = peers[i].get();
        message.msg_namelen = peers[i].size;
        message.msg_iov = &parts[i];
        message.msg_iovlen = 1;
        message.msg_control = controls[i].bytes.data();
        message.msg_controllen = controls[i].bytes.size();
    }
    int count = 0;
    do {
        count = ::recvmmsg(fd, headers.data(), static_cast<unsigned>(room), MSG_DONTWAIT, nullptr);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN ? error_code(errc::would_block) : last_error();
    }
    for (std::size_t i = 0; i != static_cast<std::size_t>(count); ++i) {
        datagrams[i] = to_datagram(headers[i], memory_.get() + i * stride_);
        peers[i].size = headers[i].msg_hdr.msg_namelen;
        datagrams[i].peer = peers[i].to_address();
    }
    return static_cast<std::size_t>(count);
}

datagram datagram_io::to_datagram(::mmsghdr& received, std::byte* data) {
    datagram made;
    made.data = {data, received.msg_len};
    if (kind_ == endpoint::transport::icmp &&
        received.msg_hdr.msg_namelen == sizeof(::sockaddr_in)) {
        made.data = without_ip_header(made.data);
    }
    made.is_truncated = (received.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    for (auto* header = CMSG_FIRSTHDR(&received.msg_hdr); header;
         header = CMSG_NXTHDR(&received.msg_hdr, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            const auto info = read_control<::in_pktinfo>(*header);
            address::ipv4_bytes bytes;
            std::memcpy(bytes.data(), &info.ipi_addr, bytes.size());
            made.local = address(bytes, local_port_);
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = read_control<::in6_pktinfo>(*header);
            address::ipv6_bytes bytes;
            std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            const auto zone = is_link_local(bytes) ? info.ipi6_ifindex : 0;
            made.local = address(bytes, local_port_, zone);
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_RXQ_OVFL) {
            overflows_ = read_control<std::uint32_t>(*header);
        }
    }
    return made;
}

result<std::size_t> datagram_io::send(int fd, std::span<const datagram> datagrams) {
    const std::size_t room = std::min(datagrams.size(), batch);
    std::array<::mmsghdr, batch> headers;
    std::array<::iovec, batch> parts;
    std::array<socket_address, batch> peers;
    std::array<control_block, batch> controls;
    for (std::size_t i = 0; i != room; ++i) {
        const datagram& sent = datagrams[i];
        parts[i] = {const_cast<std::byte*>(sent.data.data()), sent.data.size()};
        peers[i] = socket_address(sent.peer);
        auto& message = headers[i].msg_hdr;
        message = {};
        if (peers[i].size != 0) {
            message.msg_name = peers[i].get();
            message.msg_namelen = peers[i].size;
        }
        message.msg_iov = &parts[i];
        message.msg_iovlen = 1;
        if (sent.local.is_ip() && !sent.local.is_any()) {
            set_source(message, controls[i], sent.local);
        }
    }
    int count = 0;
    do {
        count = ::sendmmsg(
            fd, headers.data(), static_cast<unsigned>(room), MSG_DONTWAIT | MSG_NOSIGNAL
        );
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN ? error_code(errc::would_block) : last_error();
    }
    return static_cast<std::size_t>(count);
}

void datagram_io::set_source(
    ::msghdr& message, control_block& control, const address& source
) noexcept {
    control.bytes.fill(std::byte{0});
    message.msg_control = control.bytes.data();
    auto* header = reinterpret_cast<::cmsghdr*>(control.bytes.data());
    if (source.kind() == address::family::ipv4) {
        ::in_pktinfo info{};
        const auto bytes = source.v4();
        std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
        *header = {CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO};
        std::memcpy(CMSG_DATA(header), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        ::in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, source.v6().data(), source.v6().size());
        // With another source the interface could overrule the routing table.
        info.ipi6_ifindex = is_link_local(source.v6()) ? source.zone() : 0;
        *header = {CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO};
        std::memcpy(CMSG_DATA(header), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    }
}

} // namespace eddy::posix
