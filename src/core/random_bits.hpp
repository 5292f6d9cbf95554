// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace eddy::detail {

/// A number that nobody outside of the process can guess, when the system has entropy to give;
/// otherwise one that at least differs between processes. Another one with each call.
[[nodiscard]] std::uint64_t random_bits() noexcept;

} // namespace eddy::detail
