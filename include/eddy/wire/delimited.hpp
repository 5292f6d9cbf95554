// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace eddy::wire {

/// Messages with a delimiter behind each, such as a zero byte or CRLF.
///
/// A message that has the delimiter inside is not sent: the peer would see two.
class EDDY_EXPORT delimited {
public:
    using message = byte_view; ///< Without the delimiter.

    /// @param delimiter  1 to 16 bytes; throws `std::invalid_argument` for others.
    /// @param max        Most bytes before the delimiter.
    explicit delimited(std::string_view delimiter, std::size_t max = default_max);

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) noexcept;
    [[nodiscard]] encoded encode(byte_view sent) const noexcept;

    static constexpr std::size_t default_max = 8 * 1024; ///< Bytes.
    static constexpr std::size_t delimiter_max = 16;     ///< Bytes.

private:
    small_bytes delimiter_;
    std::size_t max_;
    std::size_t scanned_ = 0; // bytes without a delimiter
};

} // namespace eddy::wire
