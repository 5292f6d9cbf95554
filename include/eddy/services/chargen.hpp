// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/reply_rules.hpp>
#include <eddy/server/handler.hpp>

namespace eddy::services {

struct chargen_options {
    /// Answers datagrams too, each with up to 512 characters. Off, because an answer is larger than
    /// the question: with a forged source address it would be sent to somebody else.
    bool udp = false;
    /// Which datagrams are answered.
    reply_rules replies = reply_rules::of_service();
};

/// Generates characters (RFC 864): lines of 72 of the 95 printable ones, each line begins one
/// further. A stream gets them as fast as its peer reads, until it closes; what it sends is thrown
/// away.
[[nodiscard]] EDDY_EXPORT handler chargen(chargen_options options = {});

} // namespace eddy::services
