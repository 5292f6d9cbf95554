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
#include <netinet/udp.h>
#include <numeric>
#include <utility>

namespace eddy::posix {
namespace {

/// Three cache lines between the buffers of a batch keep them out of one another's cache sets,
/// which a stride of 64 KiB would not (an L1 way holds 4 KiB).
constexpr std::size_t padding = 192;

// What the kernel takes as one block (udp(7)), and a datagram that every Ethernet carries whole.
constexpr std::size_t segments_max = 64;
constexpr std::size_t block_max = 65'507;
constexpr std::size_t segment_max = 1'400;

struct control_block {
    alignas(::cmsghdr) std::array<std::byte, 128> bytes;
};

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

/// The messages of one call, with the room that each has for its ends and its extras.
struct messages {
    std::array<::mmsghdr, datagram_io::batch> headers;
    std::array<socket_address, datagram_io::batch> peers;
    std::array<control_block, datagram_io::batch> controls;
};

/// Makes a header that a receive has written to fit for the next.
void renew(::mmsghdr& header) noexcept {
    header.msg_hdr.msg_namelen = sizeof(::sockaddr_storage);
    header.msg_hdr.msg_controllen = sizeof(control_block);
    header.msg_hdr.msg_flags = 0;
}

void append_control(::msghdr& message, int level, int type, const auto& value) noexcept {
    auto* bytes = static_cast<std::byte*>(message.msg_control) + message.msg_controllen;
    std::memset(bytes, 0, CMSG_SPACE(sizeof value));
    auto* header = reinterpret_cast<::cmsghdr*>(bytes);
    *header = {CMSG_LEN(sizeof value), level, type};
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
    message.msg_controllen += CMSG_SPACE(sizeof value);
}

void append_source(::msghdr& message, const address& source) noexcept {
    if (source.kind() == address::family::ipv4) {
        ::in_pktinfo info{};
        const auto bytes = source.v4();
        std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
        append_control(message, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        ::in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, source.v6().data(), source.v6().size());
        // With another source the interface could overrule the routing table.
        info.ipi6_ifindex = is_link_local(source.v6()) ? source.zone() : 0;
        append_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

} // namespace

/// What a receive needs. Kept, because to prepare it all for each datagram that comes alone would
/// cost as much as the datagram.
struct datagram_io::intake {
    messages all;
    std::array<::iovec, batch> parts;
    std::unique_ptr<std::byte[]> memory;
};

datagram_io::datagram_io(
    std::size_t max_datagram, endpoint::transport kind, std::uint16_t local_port
)
    : max_datagram_(max_datagram), kind_(kind), local_port_(local_port) {}

datagram_io::~datagram_io() = default;

/// A kernel without UDP_SEGMENT (before 4.18) would send a block as one datagram, so it is asked.
void datagram_io::prepare(int fd) {
    if (std::exchange(is_prepared_, true) || kind_ != endpoint::transport::udp) {
        return;
    }
    int size = 0;
    ::socklen_t length = sizeof size;
    groups_ = ::getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &length) == 0;
    const int on = 1;
    coalesces_ = ::setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) == 0;
}

result<std::size_t> datagram_io::receive(int fd, std::span<datagram> datagrams) {
    if (!has_blocks()) {
        if (const auto received = receive_blocks(fd); !received) {
            return received;
        }
    }
    std::size_t count = 0;
    while (count != datagrams.size() && has_blocks()) {
        datagrams[count++] = take_datagram();
    }
    return count;
}

/// The first datagram of the block that is next.
datagram datagram_io::take_datagram() noexcept {
    block& from = blocks_[next_];
    auto& rest = from.whole.data;
    datagram taken = from.whole;
    taken.data = rest.first(std::min(rest.size(), from.segment));
    rest = rest.subspan(taken.data.size());
    if (rest.empty()) {
        ++next_;
    }
    if (taken.data.size() > max_datagram_) { // of a block, which had room for more
        taken.data = taken.data.first(max_datagram_);
        taken.is_truncated = true;
    }
    return taken;
}

void datagram_io::make_intake() {
    const std::size_t size = coalesces_ ? std::max(max_datagram_, block_max) : max_datagram_;
    const std::size_t stride = size + padding;
    blocks_.reserve(batch);
    auto made = std::make_unique_for_overwrite<intake>();
    // Not initialised: only the pages that datagrams reach are ever touched.
    made->memory = std::make_unique_for_overwrite<std::byte[]>(stride * batch);
    for (std::size_t i = 0; i != batch; ++i) {
        made->parts[i] = {made->memory.get() + i * stride, size};
        auto& header = made->all.headers[i];
        header = {};
        header.msg_hdr.msg_name = made->all.peers[i].get();
        header.msg_hdr.msg_iov = &made->parts[i];
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_control = made->all.controls[i].bytes.data();
        renew(header);
    }
    intake_ = std::move(made);
}

result<std::size_t> datagram_io::receive_blocks(int fd) {
    prepare(fd);
    if (!intake_) {
        make_intake();
    }
    blocks_.clear();
    next_ = 0;
    messages& all = intake_->all;
    int count = 0;
    do {
        count = ::recvmmsg(fd, all.headers.data(), batch, MSG_DONTWAIT, nullptr);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN ? error_code(errc::would_block) : last_error();
    }
    for (std::size_t i = 0; i != static_cast<std::size_t>(count); ++i) {
        blocks_.push_back(
            to_block(all.headers[i], static_cast<std::byte*>(intake_->parts[i].iov_base))
        );
        all.peers[i].size = all.headers[i].msg_hdr.msg_namelen;
        blocks_.back().whole.peer = all.peers[i].to_address();
        renew(all.headers[i]);
    }
    return static_cast<std::size_t>(count);
}

datagram_io::block datagram_io::to_block(::mmsghdr& received, std::byte* data) {
    block found{.whole = {}, .segment = received.msg_len};
    datagram& made = found.whole;
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
        } else if (header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO) {
            found.segment = static_cast<std::size_t>(read_control<int>(*header));
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_RXQ_OVFL) {
            overflows_ = read_control<std::uint32_t>(*header);
        }
    }
    return found;
}

result<std::size_t> datagram_io::send(int fd, std::span<const datagram> datagrams) {
    prepare(fd);
    const bool is_group = group_size(datagrams, segments_max) > 1;
    auto sent = send_groups(fd, datagrams);
    const auto failure = sent.error();
    const bool has_no_checksums = failure == std::errc::io_error;
    const bool is_narrow =
        failure == std::errc::message_size || failure == std::errc::invalid_argument;
    if (is_group && (has_no_checksums || is_narrow)) {
        // A block fails where a datagram does not: on an interface that computes no checksums, and
        // on one, or a path, that carries less than a segment.
        groups_ = false;
        sent = send_groups(fd, datagrams);
        groups_ = !has_no_checksums;
    }
    return sent;
}

/// How many of the first datagrams, one or more, may go as one block: to the same peer from the
/// same address, of one size but for the last.
std::size_t
datagram_io::group_size(std::span<const datagram> datagrams, std::size_t most) const noexcept {
    const auto& first = datagrams.front();
    const std::size_t segment = first.data.size();
    if (!groups_ || segment == 0 || segment > segment_max) {
        return 1;
    }
    std::size_t count = 1;
    std::size_t bytes = segment;
    most = std::min(most, datagrams.size());
    for (bool goes_on = true; goes_on && count != most;) {
        const datagram& next = datagrams[count];
        bytes += next.data.size();
        const bool fits = !next.data.empty() && next.data.size() <= segment && bytes <= block_max &&
                          next.peer == first.peer && next.local == first.local;
        goes_on = fits && next.data.size() == segment;
        count += fits ? 1 : 0;
    }
    return count;
}

result<std::size_t> datagram_io::send_groups(int fd, std::span<const datagram> datagrams) {
    messages all;
    std::array<::iovec, 2 * batch> parts;
    std::array<std::size_t, batch> sizes;
    std::size_t used = 0;
    std::size_t groups = 0;
    while (groups != batch && used != parts.size() && used != datagrams.size()) {
        const datagram& first = datagrams[used];
        const auto size =
            group_size(datagrams.subspan(used), std::min(segments_max, parts.size() - used));
        auto& message = all.headers[groups].msg_hdr;
        message = {};
        all.peers[groups] = socket_address(first.peer);
        if (all.peers[groups].size != 0) {
            message.msg_name = all.peers[groups].get();
            message.msg_namelen = all.peers[groups].size;
        }
        message.msg_iov = &parts[used];
        message.msg_iovlen = size;
        message.msg_control = all.controls[groups].bytes.data();
        if (first.local.is_ip() && !first.local.is_any()) {
            append_source(message, first.local);
        }
        if (size > 1) {
            const auto segment = static_cast<std::uint16_t>(first.data.size());
            append_control(message, SOL_UDP, UDP_SEGMENT, segment);
        }
        for (std::size_t i = 0; i != size; ++i, ++used) {
            const auto bytes = datagrams[used].data;
            parts[used] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
        }
        sizes[groups++] = size;
    }
    int count = 0;
    do {
        count = ::sendmmsg(
            fd, all.headers.data(), static_cast<unsigned>(groups), MSG_DONTWAIT | MSG_NOSIGNAL
        );
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN ? error_code(errc::would_block) : last_error();
    }
    return std::accumulate(sizes.begin(), sizes.begin() + count, std::size_t(0));
}

} // namespace eddy::posix
