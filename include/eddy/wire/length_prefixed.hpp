// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace eddy::wire {

/// How a length is written.
enum class prefix : std::uint8_t {
    u8 = 1,  ///< A byte.
    u16 = 2, ///< 2 bytes.
    u24 = 3, ///< 3 bytes.
    u32 = 4, ///< 4 bytes.
    u64 = 8, ///< 8 bytes.
    /// LEB128, as Protocol Buffers have it: 7 bits in a byte, the lowest first, as few bytes as
    /// possible. Longer forms of the same number are refused.
    varint = 10,
};

/// Which byte of a length comes first.
enum class byte_order : std::uint8_t {
    big,    ///< The highest: network order.
    little, ///< The lowest.
};

/// What a length counts.
enum class counts : std::uint8_t {
    body,  ///< The bytes behind it.
    whole, ///< Its own bytes too. Not with a varint.
};

struct length_prefixed_options {
    prefix length = prefix::u32;
    byte_order order = byte_order::big; ///< Without effect on a varint.
    counts counted = counts::body;
    std::size_t min = 0;         ///< Fewest bytes of a message. One refuses floods of empty ones.
    std::size_t max = 64 * 1024; ///< Most bytes; no more than the length can say either.
};

/// Messages with their length before each. A length above the maximum is refused before a byte of
/// the message comes.
class EDDY_EXPORT length_prefixed {
public:
    using message = byte_view; ///< Without the length.

    /// Throws `std::invalid_argument` for a varint that counts itself, and for a minimum above the
    /// maximum.
    explicit length_prefixed(length_prefixed_options options = {});

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) const noexcept;
    [[nodiscard]] encoded encode(byte_view sent) const;
    /// Sends a message that begins with `begin`, such as a number or a type, and goes on with
    /// `rest`. Throws `std::length_error` for more than 14 bytes of `begin`.
    [[nodiscard]] encoded encode(const small_bytes& begin, byte_view rest) const;

private:
    length_prefixed_options options_;
};

} // namespace eddy::wire
