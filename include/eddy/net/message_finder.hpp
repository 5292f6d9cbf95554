// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>

#include <cstddef>
#include <span>

namespace eddy {

/// Knows where a message of some protocol ends, for `session::read_message`. `framed` makes one of
/// a codec; write your own only for what no codec can say.
class message_finder {
public:
    /// What has arrived begins with a whole message, with the beginning of one, or with neither.
    struct answer {
        /// The bytes of the message; none when it is not whole yet, or is refused.
        std::size_t size = 0;
        /// Why no message can begin with these bytes: `errc::too_long` or `errc::malformed`. No
        /// error when one can.
        error_code refused = {};
    };

    /// Looks at all that has arrived and was not read yet, at least one byte. Asked again with the
    /// same bytes and more when the message is not whole. The bytes stay where they are until the
    /// await has ended, and until the next read begins when the message was found.
    [[nodiscard]] virtual answer find(std::span<const std::byte> arrived) noexcept = 0;

protected:
    ~message_finder() = default;
};

} // namespace eddy
