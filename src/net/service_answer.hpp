// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/result.hpp>
#include <eddy/net/service_record.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace eddy::detail {

/// Reads the SRV records (RFC 2782) out of a name server's answer (RFC 1035, section 4), whatever
/// bytes it is made of.
///
/// @par Errors
/// - `errc::malformed`    - it ends too early, or a name in it makes no sense.
/// - `errc::no_such_host` - it has no such record.
[[nodiscard]] result<std::vector<service_record>> parse_services(std::span<const std::byte> answer);

} // namespace eddy::detail
