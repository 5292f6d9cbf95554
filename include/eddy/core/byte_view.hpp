// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eddy {

/// An element that is one byte and nothing else: `char`, `unsigned char`, `std::byte` …
template <class Element>
concept byte_like = std::same_as<std::remove_cv_t<Element>, char> ||
                    std::same_as<std::remove_cv_t<Element>, signed char> ||
                    std::same_as<std::remove_cv_t<Element>, unsigned char> ||
                    std::same_as<std::remove_cv_t<Element>, char8_t> ||
                    std::same_as<std::remove_cv_t<Element>, std::byte>;

/// Elements one behind the other: a string, a vector, an array, a span.
template <class Range>
concept contiguous_elements = requires(const Range& range) {
    { *std::data(range) };
    { std::size(range) } -> std::convertible_to<std::size_t>;
};

/// Bytes one behind the other, by whatever name.
template <class Range>
concept contiguous_bytes =
    contiguous_elements<Range> &&
    byte_like<std::remove_reference_t<decltype(*std::data(std::declval<const Range&>()))>>;

/// Text of C, which ends before the array does.
template <class Range>
concept array_of_text = std::is_array_v<Range> &&
                        (std::same_as<std::remove_cv_t<std::remove_extent_t<Range>>, char> ||
                         std::same_as<std::remove_cv_t<std::remove_extent_t<Range>>, char8_t>);

/// Bytes that somebody else owns, made from text or from bytes: what `write` takes.
///
/// Holds no copy. Made from a temporary it is valid to the end of the full expression, which is as
/// long as a `co_await` of that expression lasts.
class byte_view {
public:
    constexpr byte_view() noexcept = default;

    /// All of a `std::string`, `std::vector<std::byte>`, `std::array<char, 4>`,
    /// `std::span<const unsigned char>` … Elements of more than a byte do not compile.
    template <contiguous_bytes Range>
        requires(!array_of_text<Range>)
    byte_view(const Range& range) noexcept
        : bytes_(std::as_bytes(std::span(std::data(range), std::size(range)))) {}

    /// Text up to its zero byte, which is not part of it: a literal, or a `char` array of C.
    byte_view(const char* text) noexcept : byte_view(std::string_view(text)) {}
    byte_view(const char8_t* text) noexcept : byte_view(std::u8string_view(text)) {}

    /// Not bytes: which of an element's bytes comes first is for the protocol to say.
    template <contiguous_elements Range>
        requires(!contiguous_bytes<Range>)
    byte_view(const Range& range_of_more_than_bytes) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

private:
    std::span<const std::byte> bytes_;
};

} // namespace eddy
