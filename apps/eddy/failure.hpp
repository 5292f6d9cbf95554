// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>

#include "exit_status.hpp"

#include <stdexcept>
#include <string>

namespace client {

/// Why a command did not succeed: what to tell people, and what to tell scripts.
class failure : public std::runtime_error {
public:
    failure(exit_status status, const std::string& message)
        : std::runtime_error(message), status_(status) {}

    [[nodiscard]] exit_status status() const noexcept { return status_; }

private:
    exit_status status_;
};

/// `2 s`, `0.25 s`.
[[nodiscard]] std::string to_text(eddy::duration time);

/// The connection to `where` could not be made.
[[nodiscard]] failure
connect_failure(const std::string& where, const eddy::error_code& cause, eddy::duration timeout);

/// The peer `where` did not finish its answer; `progress` says how far it came.
[[nodiscard]] failure answer_failure(
    const std::string& where,
    const eddy::error_code& cause,
    const std::string& progress,
    eddy::duration timeout
);

} // namespace client
