// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>

#include "core/random_bits.hpp"

namespace eddy {

std::uint64_t engine::random_seed() noexcept {
    return detail::random_bits();
}

} // namespace eddy
