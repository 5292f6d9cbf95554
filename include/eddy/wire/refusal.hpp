// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>

#include <cstdint>
#include <string>

namespace eddy::wire {

/// Why bytes are no message, or a message cannot be sent: which rule is broken, and where.
class refusal {
public:
    /// Nothing is refused.
    constexpr refusal() noexcept = default;

    /// The length at `offset` says `length`, which is more than `max`.
    [[nodiscard]] static constexpr refusal
    too_long(std::uint64_t offset, std::uint64_t length, std::uint64_t max) noexcept {
        return {errc::too_long, offset, nullptr, length, max};
    }
    /// The message at `offset` has more than `max` bytes; nobody knows how many.
    [[nodiscard]] static constexpr refusal
    too_long(std::uint64_t offset, std::uint64_t max) noexcept {
        return {errc::too_long, offset, nullptr, unknown_length, max};
    }
    /// @param rule  What should be, as in "a chunk ends with CRLF". It must stay: a literal.
    [[nodiscard]] static constexpr refusal
    malformed(std::uint64_t offset, const char* rule) noexcept {
        return {errc::malformed, offset, rule, 0, 0};
    }

    [[nodiscard]] explicit constexpr operator bool() const noexcept { return is_refused_; }

    /// `errc::too_long` or `errc::malformed`.
    [[nodiscard]] constexpr errc code() const noexcept { return code_; }
    /// Of the byte that broke the rule. From the beginning of the message where a codec says it,
    /// from the first byte of the stream where `framed` does.
    [[nodiscard]] constexpr std::uint64_t offset() const noexcept { return offset_; }

    /// The same, said of a message that begins at `start`.
    [[nodiscard]] constexpr refusal from(std::uint64_t start) const noexcept {
        refusal moved = *this;
        moved.offset_ += start;
        return moved;
    }

    /// For people: "length 4294967295 at offset 12 is above the maximum of 65536".
    [[nodiscard]] EDDY_EXPORT std::string to_string() const;

private:
    static constexpr std::uint64_t unknown_length = 0; // a length of none is never too long

    constexpr refusal(
        errc code, std::uint64_t offset, const char* rule, std::uint64_t length, std::uint64_t max
    ) noexcept
        : rule_(rule), offset_(offset), length_(length), max_(max), code_(code), is_refused_(true) {
    }

    const char* rule_ = nullptr;
    std::uint64_t offset_ = 0;
    std::uint64_t length_ = 0;
    std::uint64_t max_ = 0;
    errc code_ = errc::malformed;
    bool is_refused_ = false;
};

} // namespace eddy::wire
