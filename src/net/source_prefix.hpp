// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <cstdint>

namespace eddy::detail {

/// Whom a source address stands for: an IPv4 address, or the first 64 bits of an IPv6 one, which is
/// what one customer gets.
class source_prefix {
public:
    source_prefix() noexcept = default; ///< Of what has no address: a Unix socket.
    explicit source_prefix(const address& from) noexcept;

    [[nodiscard]] bool is_known() const noexcept { return is_known_; }
    /// For tables whose keys strangers choose.
    [[nodiscard]] std::uint64_t key() const noexcept;

    friend bool operator==(const source_prefix&, const source_prefix&) = default;

private:
    std::uint64_t bits_ = 0;
    bool is_ipv4_ = false;
    bool is_known_ = false;
};

} // namespace eddy::detail
