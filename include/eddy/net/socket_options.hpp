// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstddef>

namespace eddy {

/// Options of the sockets of one endpoint, on both sides of a connection. Every default is the
/// field's usual one.
struct socket_options {
    /// Connections that the kernel completes and holds before they are accepted, 1 to
    /// `net.core.somaxconn`.
    int backlog = 4096;
    /// Several sockets, also of several processes, may listen on the same port (SO_REUSEPORT).
    bool reuse_port = false;
    /// An IPv6 listener on `[::]` takes IPv4 clients too.
    bool dual_stack = true;
    /// Small messages leave at once (TCP_NODELAY). The outbox has gathered them already.
    bool no_delay = true;
    /// Probes a silent peer (SO_KEEPALIVE) after this long; zero: never. Then every 10 s, six
    /// times.
    duration keepalive = std::chrono::seconds(60);
    /// Kernel buffer sizes in bytes (SO_RCVBUF, SO_SNDBUF); zero leaves them to the system.
    std::size_t receive_buffer = 0;
    std::size_t send_buffer = 0;
    /// Permission bits of a Unix socket's path. Zero: what the umask leaves.
    unsigned unix_mode = 0;
    /// The largest datagram that is received whole, in bytes, 1 to 65,535.
    std::size_t max_datagram = 65'535;
};

} // namespace eddy
