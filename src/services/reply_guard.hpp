// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagrams.hpp>

#include "services/served_ports.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Keeps small datagram services from answering one another for ever, and from answering in
/// somebody's name: one datagram with a forged source is all that it takes (CVE-1999-0103).
namespace eddy::services::detail {

enum class reply_verdict : std::uint8_t {
    allowed,
    no_address,    ///< Nobody to answer: an unnamed Unix socket, an unspecified address.
    group_address, ///< From or to a multicast or broadcast address.
    system_port,   ///< From a port below 1024: a service, not a client.
    service_port,  ///< From a port of another protocol that answers strangers.
    own_port,      ///< From a port that this process serves.
};

inline constexpr std::size_t reply_verdict_count = 6;

[[nodiscard]] std::string_view to_string(reply_verdict verdict) noexcept;

[[nodiscard]] reply_verdict judge_reply(const datagram& received, const served_ports& own) noexcept;

/// Judges the datagrams of one socket and counts by verdict; the counts go to the log at debug.
class reply_guard {
public:
    /// Makes the socket's port known as one that this process serves.
    reply_guard(const datagrams& socket, std::string_view service);
    reply_guard(const reply_guard&) = delete;
    reply_guard& operator=(const reply_guard&) = delete;
    ~reply_guard();

    [[nodiscard]] bool allows(const datagram& received);

private:
    void log_refusal(reply_verdict why, const address& peer) const;

    std::string_view service_;
    endpoint local_;
    std::array<std::uint64_t, reply_verdict_count> counts_{};
};

} // namespace eddy::services::detail
