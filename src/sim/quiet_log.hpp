// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/log.hpp>

namespace eddy::sim::detail {

/// Keeps the log silent while it lives: thousands of runs would bury the one that matters.
class quiet_log {
public:
    quiet_log() noexcept {
        for (const auto level :
             {log::level::error, log::level::warning, log::level::info, log::level::debug}) {
            if (log::is_enabled(level)) {
                before_ = level;
            }
        }
        log::set_level(log::level::off);
    }
    quiet_log(const quiet_log&) = delete;
    quiet_log& operator=(const quiet_log&) = delete;
    ~quiet_log() { log::set_level(before_); }

private:
    log::level before_ = log::level::off;
};

} // namespace eddy::sim::detail
