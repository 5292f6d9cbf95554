// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <span>

namespace eddy::wire {

/// Netstrings, `5:hello,` (https://cr.yp.to/proto/netstrings.txt): a length in decimal digits
/// without leading zeros, a colon, the bytes, a comma.
class EDDY_EXPORT netstring {
public:
    using message = byte_view;

    /// @param max  Most bytes of a message.
    explicit netstring(std::size_t max = default_max) noexcept;

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) const noexcept;
    [[nodiscard]] encoded encode(byte_view sent) const noexcept;

    static constexpr std::size_t default_max = 64 * 1024; ///< Bytes.

private:
    std::size_t max_;
};

} // namespace eddy::wire
