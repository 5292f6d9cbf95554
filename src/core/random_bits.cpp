// SPDX-License-Identifier: BSL-1.0
#include "core/random_bits.hpp"

#include <atomic>
#include <bit>
#include <exception>
#include <random>

namespace eddy::detail {

std::uint64_t random_bits() noexcept {
    try {
        std::random_device source;
        return std::uint64_t(source()) << 32 | source();
    } catch (const std::exception&) {
        // No entropy to be had: where the system has put this must do.
        static std::atomic<std::uint64_t> calls = 0;
        return std::bit_cast<std::uintptr_t>(&calls) + calls++;
    }
}

} // namespace eddy::detail
