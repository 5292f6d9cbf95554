// SPDX-License-Identifier: BSL-1.0
#include "net/keyed_hash.hpp"

#include <exception>
#include <random>

namespace eddy::detail {
namespace {

std::uint64_t draw_key() noexcept {
    try {
        std::random_device source;
        return std::uint64_t(source()) << 32 | source();
    } catch (const std::exception&) {
        // No entropy to be had: where the system has put this must do.
        static const char here = 0;
        return std::bit_cast<std::uintptr_t>(&here);
    }
}

} // namespace

std::uint64_t keyed_hash::process_key() noexcept {
    static const std::uint64_t key = draw_key();
    return key;
}

} // namespace eddy::detail
