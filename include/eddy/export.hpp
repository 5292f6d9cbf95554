// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Marks what the library shows to programs; everything else stays hidden in a shared libeddy.
///
/// A static Eddy (`EDDY_STATIC`, set by the CMake target and by eddy.pc) needs no mark: without it,
/// a user's own shared library would show Eddy's symbols as if they were its own.
#if defined(EDDY_STATIC)
#define EDDY_EXPORT
#else
#define EDDY_EXPORT __attribute__((visibility("default")))
#endif
