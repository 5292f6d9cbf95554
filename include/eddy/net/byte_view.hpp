// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace eddy {

/// Bytes that somebody else owns, made from text or from bytes: what `write` takes.
///
/// Holds no copy. Made from a temporary it is valid to the end of the full expression, which is as
/// long as a `co_await` of that expression lasts.
class byte_view {
public:
    constexpr byte_view() noexcept = default;
    byte_view(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    byte_view(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
    byte_view(std::string_view text) noexcept : bytes_(std::as_bytes(std::span(text))) {}
    byte_view(const std::string& text) noexcept : byte_view(std::string_view(text)) {}
    byte_view(const char* text) noexcept : byte_view(std::string_view(text)) {}

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
