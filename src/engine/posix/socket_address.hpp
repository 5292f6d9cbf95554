// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <sys/socket.h>

namespace eddy::posix {

/// An address in the form that system calls take.
struct socket_address {
    /// Room for one that a call tells.
    socket_address() noexcept = default;
    explicit socket_address(const address& from) noexcept;

    [[nodiscard]] address to_address() const;
    [[nodiscard]] ::sockaddr* get() noexcept { return reinterpret_cast<::sockaddr*>(&storage); }
    [[nodiscard]] const ::sockaddr* get() const noexcept {
        return reinterpret_cast<const ::sockaddr*>(&storage);
    }

    ::sockaddr_storage storage; // not initialised, or each datagram would pay for 128 bytes
    ::socklen_t size = sizeof(::sockaddr_storage);
};

} // namespace eddy::posix
