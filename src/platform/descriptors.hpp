// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace eddy::platform {

/// One more than the highest number of a descriptor of this process (RLIMIT_NOFILE of
/// getrlimit(2)); INT_MAX for no limit.
[[nodiscard]] int descriptor_limit() noexcept;

/// Allows this process as many descriptors as it may allow itself.
void raise_descriptor_limit() noexcept;

/// The number that the next descriptor gets; INT_MAX when there is none.
[[nodiscard]] int lowest_free_descriptor() noexcept;

} // namespace eddy::platform
