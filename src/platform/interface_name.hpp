// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eddy::platform {

constexpr std::size_t longest_interface_name = 15;

/// The number of the network interface of that name; zero when there is none.
[[nodiscard]] std::uint32_t interface_index(std::string_view name) noexcept;

/// The name of the network interface of that number; empty when there is none.
[[nodiscard]] std::string interface_name(std::uint32_t index);

} // namespace eddy::platform
