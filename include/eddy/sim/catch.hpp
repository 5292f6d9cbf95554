// SPDX-License-Identifier: BSL-1.0
#pragma once

// For test programs that use Catch2, version 2 or 3. Nothing in Eddy needs this file.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <eddy/sim/check.hpp>

#include <functional>
#include <iostream>
#include <string>
#include <string_view>

namespace eddy::sim {

namespace detail {

/// A test's name as one word for a shell, in which a comma does not separate two names.
inline std::string as_catch_argument(const std::string& name) {
    std::string argument = "'";
    for (const char each : name) {
        if (each == ',' || each == '[') {
            argument += '\\';
        }
        argument += each == '\'' ? "'\\''" : std::string(1, each);
    }
    return argument + '\'';
}

} // namespace detail

/// `check` under the name of the current test case, which the replay command then runs alone.
///
/// @par Errors
/// Throws what `check` throws, which ends the test case with its text. The commands in it go to
/// standard error as well: Catch2 breaks long lines, and a command has to stay whole to be copied.
///
/// @par Example
/// @snippet examples/05_chat/chat_test.cpp seeds
inline check_report
check_in_catch(check_options options, const std::function<void(world&)>& scenario) {
    const std::string name = Catch::getResultCapture().getCurrentTestName();
    const std::string argument = detail::as_catch_argument(name);
    options.replay_arguments = argument;
    try {
        return check(name, options, scenario);
    } catch (const failure& found) {
        const std::string_view text = found.what();
        if (const auto commands = text.find("replay: "); commands != text.npos) {
            std::cerr << text.substr(commands) << '\n';
        }
        throw;
    }
}

} // namespace eddy::sim
