// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>
#include <variant>

namespace eddy::detail {

/// What stands for a result where void cannot.
template <class Value>
using stored_value = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;

} // namespace eddy::detail
