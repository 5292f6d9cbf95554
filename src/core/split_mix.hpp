// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace eddy::detail {

/// Random numbers from a seed, the same with every compiler and library (SplitMix64: Steele, Lea,
/// Flood 2014): a counter and a mixer, so any number of independent sequences cost nothing. No
/// cryptography.
class split_mix {
public:
    constexpr explicit split_mix(std::uint64_t seed) noexcept : state_(seed) {}

    constexpr std::uint64_t next() noexcept { return mix(state_ += step); }

    /// A number below `bound`, which is not 0. The bias of the remainder does not matter to anyone
    /// here.
    constexpr std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

    static constexpr std::uint64_t step = 0x9E37'79B9'7F4A'7C15; // 2^64 by the golden ratio

    [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t value) noexcept {
        value = (value ^ (value >> 30)) * 0xBF58'476D'1CE4'E5B9;
        value = (value ^ (value >> 27)) * 0x94D0'49BB'1331'11EB;
        return value ^ (value >> 31);
    }

private:
    std::uint64_t state_;
};

} // namespace eddy::detail
