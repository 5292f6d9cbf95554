// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>
#include <eddy/net/reply_rules.hpp>
#include <eddy/server/handler.hpp>

#include <cstddef>

namespace eddy::services {

/// What makes a message of a stream of bytes.
enum class message_framing {
    read, ///< What arrived together, as a read of up to `max` bytes gives it.
    line, ///< A line. One of more than `max` bytes counts as several messages.
};

struct message_reply_options {
    message_framing framing = message_framing::read;
    std::size_t max = 255; ///< The longest message in bytes, 1 to 65,535.
    bool log = true;       ///< Each message goes to the log.
    /// Which datagrams are answered.
    reply_rules replies = reply_rules::of_service();
};

/// The sample server of the sockets textbooks: logs `Here is the message: …`, escaped, and replies
/// the 18 bytes `I got your message`. Streams and datagrams.
///
/// A session stays open for further messages until the peer ends its side. Each datagram is one
/// message, also an empty one; of a longer one than `max` the beginning is logged.
///
/// Throws `std::invalid_argument` when `max` is out of range.
[[nodiscard]] EDDY_EXPORT handler message_reply(message_reply_options options = {});

} // namespace eddy::services
