// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eddy {

/// Whether a datagram may be answered, and why not; see `reply_guard`.
enum class reply_verdict : std::uint8_t {
    allowed,
    no_address,    ///< Nobody to answer: an unnamed Unix socket, an unspecified address.
    group_address, ///< From or to a multicast or broadcast address.
    system_port,   ///< From a port below 1024: a service, not a client.
    service_port,  ///< From a port of another protocol that answers strangers.
    own_port,      ///< From a port that this process serves.
    not_listed,    ///< From outside of `reply_rules::allow`.
    loop,          ///< The same again and again: two services that answer one another.
    source_rate,   ///< More than `reply_rules::rate_per_source`.
    rate,          ///< More than `reply_rules::rate`.
    too_large,     ///< An answer beyond `reply_rules::amplification`.
};

inline constexpr std::size_t reply_verdicts = 11;

/// In words, for logs.
[[nodiscard]] EDDY_EXPORT std::string_view to_string(reply_verdict verdict) noexcept;

} // namespace eddy
