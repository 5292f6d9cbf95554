// SPDX-License-Identifier: BSL-1.0
#include "platform/byte_pipe.hpp"

#include "support/catch.hpp"

#include <array>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)

namespace eddy::platform {
namespace {

TEST_CASE("byte pipe: what goes in, is read back", "[platform]") {
    const auto pipe = byte_pipe::open();
    REQUIRE(pipe);
    CHECK(pipe->capacity() >= 64UL * 1024);
    constexpr std::string_view text = "on the way";
    REQUIRE(::write(pipe->input(), text.data(), text.size()) == 10);

    std::array<std::byte, 10> back{};
    read_pipe(pipe->output(), back);

    CHECK(std::string_view(reinterpret_cast<const char*>(back.data()), back.size()) == text);
}

TEST_CASE("byte pipe: no descriptor is left, gives none", "[platform]") {
    ::rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const ::rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);

    const auto pipe = byte_pipe::open();

    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_FALSE(pipe);
}

} // namespace
} // namespace eddy::platform

#endif
