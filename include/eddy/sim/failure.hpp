// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eddy::sim {

/// What a simulated scenario throws when something is not as it must be. Any other exception counts
/// as a failure too.
class EDDY_EXPORT failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws `failure` with the place and `what_must_hold` unless `holds`. For scenarios, which know
/// no test framework.
EDDY_EXPORT void expect(
    bool holds,
    std::string_view what_must_hold,
    std::source_location at = std::source_location::current()
);

} // namespace eddy::sim
