// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/services/registry.hpp>

/// Eddy's own services for `registry::standard`; each is in the source of its handler.
namespace eddy::services::detail {

[[nodiscard]] service echo_service();
[[nodiscard]] service message_reply_service();
[[nodiscard]] service discard_service();
[[nodiscard]] service chargen_service();
[[nodiscard]] service daytime_service();
[[nodiscard]] service time_service();
[[nodiscard]] service relay_service();

} // namespace eddy::services::detail
