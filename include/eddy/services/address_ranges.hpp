// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address_range.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eddy::services {

/// Reads ranges of addresses as settings have them: `192.0.2.0/24 2001:db8::/32`, with spaces or
/// commas between, and the words `loopback` (this machine), `site` (what no router of the internet
/// passes on) and `any`.
///
/// @par Errors
/// Throws `option_error` of `option` when a word is none of that, or there is no word.
[[nodiscard]] EDDY_EXPORT std::vector<address_range>
parse_ranges(const std::string& option, std::string_view text);

} // namespace eddy::services
