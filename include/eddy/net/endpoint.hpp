// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace eddy {

/// Where a service listens or a client connects, written as a string:
///
/// | text | meaning |
/// |---|---|
/// | `tcp://host:port` | a stream over TCP |
/// | `udp://host:port` | datagrams over UDP |
/// | `icmp://host` | raw ICMP (or ICMPv6), for `datagrams` |
/// | `unix:/path` | a Unix stream socket; `@name` for the abstract namespace |
/// | `unixgram:/path` | a Unix datagram socket; the same |
/// | `fd:3` | a socket that was opened by whoever started this process |
/// | `stdio:` | standard input and output as one session |
/// | `mem:name` | a pipe in memory, inside this process |
///
/// The host is a name, an IPv4 address, or an IPv6 address in brackets, which may have a zone
/// (RFC 4007), a name or a number: `[fe80::1%eth0]`. The port is 0 to 65,535; 0 lets the system
/// choose. The path of a Unix socket has at most 107 bytes (unix(7)).
///
/// @par Thread safety
/// Distinct objects: safe. Shared objects: safe to read.
class EDDY_EXPORT endpoint {
public:
    /// What carries the bytes; one for each row of the table.
    enum class transport : std::uint8_t {
        tcp,
        udp,
        icmp,
        unix_stream,
        unix_datagram,
        fd,
        stdio,
        mem
    };

    // Implicit on purpose: `server.serve("tcp://[::]:7000", shout)`.

    /// Parses `text`. Throws `eddy::error` (`std::errc::invalid_argument`) that names the text, the
    /// cause and the remedy.
    endpoint(std::string_view text);
    endpoint(const char* text) : endpoint(std::string_view(text)) {}
    endpoint(const std::string& text) : endpoint(std::string_view(text)) {}

    /// The endpoint of an address of that kind: how a listener on port 0 says where it is. Throws
    /// `std::invalid_argument` when an address of that family is no such endpoint.
    endpoint(transport kind, const address& at);

    [[nodiscard]] transport kind() const noexcept { return transport_; }

    /// True for udp, icmp and unixgram, which carry datagrams instead of streams.
    [[nodiscard]] bool is_datagram() const noexcept;
    /// True for tcp, udp and icmp.
    [[nodiscard]] bool has_host() const noexcept;

    /// Host name or address without brackets; empty unless `has_host()`.
    [[nodiscard]] const std::string& host() const noexcept;
    /// The host as an address when it is written as one (then nothing has to be resolved).
    ///
    /// @par Errors
    /// - `std::errc::invalid_argument` - the host is a name, or there is none.
    /// - `std::errc::no_such_device`   - the zone names no interface of this machine.
    [[nodiscard]] result<address> numeric() const;
    /// 0 to 65,535; 0 also for what has no port.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Path of a Unix socket or name of a `mem:` endpoint; empty for the others.
    [[nodiscard]] const std::string& path() const noexcept;
    /// The number of an `fd:` endpoint; -1 for the others.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// The canonical text; parsing it gives an equal endpoint.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const endpoint&, const endpoint&) = default;

private:
    transport transport_ = transport::tcp;
    std::uint16_t port_ = 0;
    int descriptor_ = -1;
    std::string name_;
};

} // namespace eddy
