// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>
#include <eddy/server/proxy_rules.hpp>

#include <cstdint>

namespace eddy::detail {

/// What a listener does with a new connection before its handler begins.
enum class proxy_verdict : std::uint8_t {
    serve,       ///< Nothing: no header is wanted.
    skip,        ///< The same, of a peer that would have to be trusted.
    read_header, ///< It reads a PROXY header.
    refuse,      ///< It resets it.
};

/// @param peer  As the kernel has it.
[[nodiscard]] proxy_verdict judge_peer(const proxy_rules& rules, const address& peer) noexcept;

} // namespace eddy::detail
