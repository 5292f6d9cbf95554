// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/reply_rules.hpp>
#include <eddy/services/option.hpp>

#include <vector>

/// What every service that answers datagrams can be told about that.
namespace eddy::services::detail {

/// `own` and those of `reply_rules`.
[[nodiscard]] std::vector<option> with_reply_options(std::vector<option> own);

/// Throws `option_error`.
[[nodiscard]] reply_rules reply_rules_of(const option_values& values);

} // namespace eddy::services::detail
