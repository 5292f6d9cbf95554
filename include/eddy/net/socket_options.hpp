// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstddef>

namespace eddy {

/// Options of the sockets of one endpoint, on both sides of a connection. Every default is the
/// field's usual one. An option that a kind of socket does not have is without effect. See
/// socket(7), tcp(7), ipv6(7) and unix(7).
struct socket_options {
    /// Connections that the kernel completes and holds before they are accepted, 1 to
    /// `net.core.somaxconn`, to which the kernel lowers it.
    int backlog = 4096;
    /// Several sockets, also of several processes, may listen on the same port (SO_REUSEPORT).
    bool reuse_port = false;
    /// An IPv6 listener on `[::]` takes IPv4 clients too (IPV6_V6ONLY is off).
    bool dual_stack = true;
    /// Small messages leave at once (TCP_NODELAY). The outbox has gathered them already.
    bool no_delay = true;
    /// Probes a silent TCP peer (SO_KEEPALIVE) after this long, rounded up to seconds and at most
    /// 32,767 s, then every 10 s, until six got no answer: the connection is lost. Zero: never.
    duration keepalive = std::chrono::seconds(60);
    /// The kernel's receive buffer in bytes (SO_RCVBUF); zero leaves it to the system.
    std::size_t receive_buffer = 0;
    /// The kernel's send buffer in bytes (SO_SNDBUF); zero leaves it to the system.
    std::size_t send_buffer = 0;
    /// Permission bits of a Unix socket's path, 0001 to 0777. Zero: what the umask leaves.
    unsigned unix_mode = 0;
    /// The largest datagram that is received, in bytes, 1 to 65,535. A socket reserves 32 times
    /// this in address space; memory is used as far as datagrams reach.
    std::size_t max_datagram = 65'535;
};

} // namespace eddy
