// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace client {

/// Bytes that depend on their position, so that lost, doubled, swapped and foreign bytes are seen.
///
/// It repeats after a prime number of bytes, which no buffer size divides.
class pattern {
public:
    static constexpr std::size_t period = 65'521;

    /// A pattern that lends up to `longest` bytes at once.
    explicit pattern(std::size_t longest);

    /// The bytes from `position` on, at most `longest`; they live as long as the pattern.
    [[nodiscard]] std::span<const std::byte> at(std::uint64_t position, std::size_t size) const;

    /// True when `received` is what belongs at `position`; of any size.
    [[nodiscard]] bool matches(std::uint64_t position, std::span<const std::byte> received) const;

private:
    std::vector<std::byte> bytes_; // one period and, of the next one, as much as is lent at once
};

} // namespace client
