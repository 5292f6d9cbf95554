// SPDX-License-Identifier: BSL-1.0
#include <eddy/version.hpp>

#include <boost/version.hpp>
#include <fmt/core.h>

#include <array>

namespace eddy {
namespace {

#define EDDY_TEXT_OF(x) #x
#define EDDY_TEXT(x) EDDY_TEXT_OF(x)
#define EDDY_DOTTED(a, b, c) EDDY_TEXT(a) "." EDDY_TEXT(b) "." EDDY_TEXT(c)

constexpr std::string_view version_text =
    EDDY_DOTTED(EDDY_VERSION_MAJOR, EDDY_VERSION_MINOR, EDDY_VERSION_PATCH);

#if defined(__clang__)
constexpr std::string_view compiler = __VERSION__;
#else
constexpr std::string_view compiler = "GCC " __VERSION__;
#endif

#if defined(EDDY_STATIC)
constexpr std::string_view library_kind = "static";
#else
constexpr std::string_view library_kind = "shared";
#endif

#if defined(NDEBUG)
constexpr std::string_view assertions = "off";
#else
constexpr std::string_view assertions = "on";
#endif

// EDDY_BUILD_SANITIZE and EDDY_BUILD_ENGINES come from the build system, which alone knows them.
constexpr auto features = std::to_array<build_feature>({
    {"library", library_kind},
    {"engines", EDDY_BUILD_ENGINES},
    {"compiler", compiler},
    {"standard", EDDY_TEXT(__cplusplus)},
    {"assertions", assertions},
    {"sanitizers", EDDY_BUILD_SANITIZE},
    {"boost", BOOST_LIB_VERSION},
    {"fmt", EDDY_TEXT(FMT_VERSION)},
});

#undef EDDY_DOTTED
#undef EDDY_TEXT
#undef EDDY_TEXT_OF

} // namespace

std::string_view version() noexcept {
    return version_text;
}

std::span<const build_feature> build_features() noexcept {
    return features;
}

} // namespace eddy
