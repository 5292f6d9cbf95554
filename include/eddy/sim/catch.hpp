// SPDX-License-Identifier: BSL-1.0
#pragma once

// For test programs that use Catch2, version 2 or 3. Nothing in Eddy needs this file.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <eddy/sim/check.hpp>

#include <string>

namespace eddy::sim {

/// `check` under the name of the current test case, which the replay command then runs alone.
inline check_report
check_in_catch(check_options options, const std::function<void(world&)>& scenario) {
    const std::string name = Catch::getResultCapture().getCurrentTestName();
    const std::string quoted = '"' + name + '"';
    options.replay_arguments = quoted;
    return check(name, options, scenario); // a failure ends the test case with its text
}

} // namespace eddy::sim
