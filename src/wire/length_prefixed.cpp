// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/length_prefixed.hpp>

#include <algorithm>

namespace eddy::wire {
namespace {

constexpr unsigned bits_per_byte = 8;
constexpr unsigned varint_bits = 7;
constexpr std::byte varint_goes_on{0x80};
constexpr std::size_t varint_max = 10; // bytes of 64 bits

constexpr const char* too_short = "a message has at least the minimum of bytes";

/// Bytes of a length that are not a varint's.
std::size_t width_of(prefix length) noexcept {
    return static_cast<std::size_t>(length);
}

std::uint64_t read_fixed(std::span<const std::byte> bytes, byte_order order) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i != bytes.size(); ++i) {
        const auto next = order == byte_order::big ? bytes[i] : bytes[bytes.size() - 1 - i];
        value = value << bits_per_byte | std::to_integer<std::uint64_t>(next);
    }
    return value;
}

small_bytes write_fixed(std::uint64_t value, std::size_t width, byte_order order) {
    small_bytes bytes;
    for (std::size_t i = 0; i != width; ++i) {
        const auto place = order == byte_order::big ? width - 1 - i : i;
        bytes.push_back(static_cast<std::byte>(value >> (bits_per_byte * place)));
    }
    return bytes;
}

decoded<std::uint64_t> read_varint(std::span<const std::byte> bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i != std::min(bytes.size(), varint_max); ++i) {
        const auto bits = std::to_integer<std::uint64_t>(bytes[i] & ~varint_goes_on);
        if (i == varint_max - 1 && bytes[i] > std::byte(1)) {
            return refusal::malformed(i, "a varint has at most 64 bits");
        }
        value |= bits << (varint_bits * i);
        if ((bytes[i] & varint_goes_on) == std::byte(0)) {
            if (bits == 0 && i != 0) {
                return refusal::malformed(i, "a varint has as few bytes as possible");
            }
            return {value, i + 1};
        }
    }
    return need{bytes.size() + 1};
}

small_bytes write_varint(std::uint64_t value) {
    small_bytes bytes;
    for (; value >= std::to_integer<std::uint64_t>(varint_goes_on); value >>= varint_bits) {
        bytes.push_back(static_cast<std::byte>(value) | varint_goes_on);
    }
    bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

/// The most that a length can say, and that leaves room for its own bytes.
std::uint64_t most_of(const length_prefixed_options& options) noexcept {
    if (options.length == prefix::varint || options.length == prefix::u64) {
        return SIZE_MAX - varint_max;
    }
    const auto width = width_of(options.length);
    const std::uint64_t most = (std::uint64_t(1) << (bits_per_byte * width)) - 1;
    return options.counted == counts::whole ? most - width : most;
}

length_prefixed_options checked(length_prefixed_options options) {
    if (options.length == prefix::varint && options.counted == counts::whole) {
        throw std::invalid_argument(
            "eddy: wire::length_prefixed: a varint cannot count its own bytes"
        );
    }
    options.max = static_cast<std::size_t>(std::min<std::uint64_t>(options.max, most_of(options)));
    if (options.min > options.max) {
        throw std::invalid_argument("eddy: wire::length_prefixed: min is above max");
    }
    return options;
}

/// A length that has arrived: what it says, and the bytes it takes.
decoded<std::uint64_t>
read_length(std::span<const std::byte> arrived, const length_prefixed_options& options) noexcept {
    if (options.length == prefix::varint) {
        return read_varint(arrived);
    }
    const auto width = width_of(options.length);
    if (arrived.size() < width) {
        return need{width};
    }
    return {read_fixed(arrived.first(width), options.order), width};
}

} // namespace

length_prefixed::length_prefixed(length_prefixed_options options) : options_(checked(options)) {}

decoded<byte_view> length_prefixed::decode(std::span<const std::byte> arrived) const noexcept {
    const auto length = read_length(arrived, options_);
    if (!length) {
        return length.no_message();
    }
    const std::size_t header = length.size();
    const std::size_t counted = options_.counted == counts::whole ? header : 0;
    if (*length < counted) {
        return refusal::malformed(0, "a length that counts its own bytes is at least these");
    }
    if (*length - counted > options_.max) {
        return refusal::too_long(0, *length, options_.max + counted);
    }
    const auto size = static_cast<std::size_t>(*length - counted);
    if (size < options_.min) {
        return refusal::malformed(0, too_short);
    }
    if (arrived.size() < header + size) {
        return need{header + size};
    }
    return {byte_view(arrived.subspan(header, size)), header + size};
}

encoded length_prefixed::encode(byte_view sent) const {
    return encode(small_bytes(), sent);
}

encoded length_prefixed::encode(const small_bytes& begin, byte_view rest) const {
    // No overflow: the bytes of the rest are all in memory.
    const auto size = begin.size() + rest.size();
    if (size > options_.max) {
        return refusal::too_long(0, size, options_.max);
    }
    if (size < options_.min) {
        return refusal::malformed(0, too_short);
    }
    const auto width = width_of(options_.length);
    const auto counted = size + (options_.counted == counts::whole ? width : 0);
    frame made{
        .head = options_.length == prefix::varint ? write_varint(size)
                                                  : write_fixed(counted, width, options_.order),
        .body = rest.bytes()
    };
    made.head.append(begin.text());
    return made;
}

} // namespace eddy::wire
