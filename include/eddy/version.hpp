// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <span>
#include <string_view>

/// The version of these headers. The build system reads the three numbers from here and from
/// nowhere else.
#define EDDY_VERSION_MAJOR 0
#define EDDY_VERSION_MINOR 1
#define EDDY_VERSION_PATCH 0

/// One number to compare: `#if EDDY_VERSION >= 100` reads "0.1.0 or newer".
#define EDDY_VERSION (EDDY_VERSION_MAJOR * 10000 + EDDY_VERSION_MINOR * 100 + EDDY_VERSION_PATCH)

namespace eddy {

/// Gives the version of the library that is linked, as "0.1.0".
///
/// It differs from the macros when a program runs with another libeddy.so than it was compiled for.
///
/// @par Thread safety
/// Callable from any thread.
[[nodiscard]] EDDY_EXPORT std::string_view version() noexcept;

/// One line of what a build of the library contains.
struct build_feature {
    std::string_view name;  ///< What it is about: "compiler", "boost", "engines".
    std::string_view value; ///< For people to read; its form is not promised.
};

/// Lists how the linked library was built; `eddyd --version --verbose` prints it.
///
/// @return Entries in the order in which to print them; valid for the life of the program.
///
/// @par Thread safety
/// Callable from any thread.
[[nodiscard]] EDDY_EXPORT std::span<const build_feature> build_features() noexcept;

} // namespace eddy
