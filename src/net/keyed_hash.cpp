// SPDX-License-Identifier: BSL-1.0
#include "net/keyed_hash.hpp"

#include "core/random_bits.hpp"

namespace eddy::detail {

std::uint64_t keyed_hash::process_key() noexcept {
    static const std::uint64_t key = random_bits();
    return key;
}

} // namespace eddy::detail
