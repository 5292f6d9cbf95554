// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/byte_view.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace eddy {
namespace {

// What `write` may be called with: an implicit conversion.
template <class From>
constexpr bool is_taken = std::is_convertible_v<From, byte_view>;

static_assert(is_taken<std::string>);
static_assert(is_taken<const std::string&>);
static_assert(is_taken<std::string_view>);
static_assert(is_taken<std::u8string>);
static_assert(is_taken<const char*>);
static_assert(is_taken<char*>);
static_assert(is_taken<decltype("literal")>);
static_assert(is_taken<std::vector<char>>);
static_assert(is_taken<std::vector<std::byte>>);
static_assert(is_taken<std::vector<std::uint8_t>>);
static_assert(is_taken<std::array<char, 4>>);
static_assert(is_taken<const std::array<unsigned char, 0>&>);
static_assert(is_taken<unsigned char (&)[3]>);
static_assert(is_taken<std::span<std::byte>>);
static_assert(is_taken<std::span<const unsigned char, 7>>);
static_assert(is_taken<byte_view&>);

static_assert(!is_taken<std::vector<int>>);
static_assert(!is_taken<std::vector<bool>>);
static_assert(!is_taken<std::wstring>);
static_assert(!is_taken<std::array<std::string, 2>>);
static_assert(!is_taken<std::span<const char16_t>>);
static_assert(!is_taken<int>);
static_assert(!is_taken<void*>);
static_assert(!is_taken<const unsigned char*>); // of what length?

TEST_CASE("byte_view: contiguous bytes of any type, all of them", "[core][byte_view]") {
    const std::string text("a\0b", 3);
    const std::vector<std::byte> bytes{std::byte{'a'}, std::byte{0}, std::byte{'b'}};
    const std::array<char, 3> array{'a', '\0', 'b'};
    const unsigned char raw[] = {'a', 0, 'b'};
    const std::span<const unsigned char> view(raw);

    for (const byte_view seen :
         {byte_view(text), byte_view(bytes), byte_view(array), byte_view(raw), byte_view(view)}) {
        CHECK(seen.text() == text);
        CHECK(seen.bytes().size() == 3);
    }
    CHECK(byte_view(text).text().data() == text.data()); // no copy
}

TEST_CASE("byte_view: a literal, without its zero byte", "[core][byte_view]") {
    const byte_view seen = "four";

    CHECK(seen.size() == 4);
    CHECK(seen.text() == "four");
    CHECK(byte_view(u8"four").text() == "four");
    CHECK(byte_view("").empty());
}

TEST_CASE("byte_view: a char array of C, up to its zero byte", "[core][byte_view]") {
    char buffer[16] = "short";

    CHECK(byte_view(buffer).text() == "short");
}

TEST_CASE("byte_view: nothing given, is empty", "[core][byte_view]") {
    CHECK(byte_view().empty());
    CHECK(byte_view(std::vector<std::byte>()).empty());
}

} // namespace
} // namespace eddy
