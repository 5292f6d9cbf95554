// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/services/option.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace eddyd {

/// A configuration that cannot be used; `what()` is `where: key: cause; remedy`.
class config_error : public std::runtime_error {
public:
    explicit config_error(const std::string& message) : std::runtime_error(message) {}

    /// @param where  "file:line:column", or the program's name for what stands on its command line.
    /// @param key    With its table: "server.workers".
    config_error(
        std::string_view where, std::string_view key, const eddy::services::option_error& fault
    )
        : std::runtime_error(
              std::string(where) + ": " + std::string(key) + ": " + fault.cause() + "; " +
              fault.remedy()
          ) {}
};

} // namespace eddyd
