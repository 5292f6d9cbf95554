// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace eddyd {

/// Makes the handler of a listener whose other fields are set.
///
/// @par Errors
/// Throws `option_error` for "endpoint" when the service cannot be reached there, and for
/// "outbox_low" or "outbox_high" when the watermarks are the wrong way round.
void finish_listener(listen_config& made, const eddy::services::registry& known);

/// Reads the `SERVICE=ENDPOINT` of `--listen`. Throws `config_error`.
[[nodiscard]] listen_config
parse_listen(std::string_view text, const eddy::services::registry& known);

/// What eddyd serves when it is told nothing.
[[nodiscard]] std::vector<listen_config> standard_listeners(const eddy::services::registry& known);

/// Throws `config_error` when two listeners want the same endpoint.
void refuse_duplicates(const std::vector<listen_config>& listeners);

} // namespace eddyd
