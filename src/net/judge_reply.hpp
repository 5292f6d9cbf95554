// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>
#include <eddy/net/reply_verdict.hpp>

#include "net/served_ports.hpp"

namespace eddy::detail {

/// What the addresses of a datagram alone say about answering it.
[[nodiscard]] reply_verdict judge_reply(const datagram& received, const served_ports& own) noexcept;

} // namespace eddy::detail
