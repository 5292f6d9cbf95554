// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one door to Catch2. Tests keep to what versions 2 and 3 share: TEST_CASE, SECTION, GENERATE,
// CHECK, REQUIRE, INFO, CAPTURE. A test that has to be skipped is a script of its own that
// exits 77.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
