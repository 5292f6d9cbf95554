// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/wire/refusal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

namespace eddy::wire {

/// Up to 24 bytes in place: a length, a delimiter, a checksum.
class small_bytes {
public:
    static constexpr std::size_t capacity = 24;

    small_bytes() noexcept = default;
    /// Throws `std::length_error` for more than 24 bytes.
    explicit small_bytes(std::string_view text) { append(text); }

    /// Throws `std::length_error` when it is full.
    void push_back(std::byte added) {
        if (size_ == capacity) {
            throw std::length_error("eddy: wire::small_bytes: more than 24 bytes");
        }
        bytes_[size_++] = added;
    }
    void append(std::string_view text) {
        for (const char c : text) {
            push_back(static_cast<std::byte>(c));
        }
    }

    [[nodiscard]] const std::byte* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), size_};
    }

private:
    std::array<std::byte, capacity> bytes_;
    std::uint8_t size_ = 0;
};

/// A message as it goes out: what stands before and behind it, and its own bytes where they are. A
/// gathering write sends the three without a copy.
struct frame {
    small_bytes head = {};
    std::span<const std::byte> body = {};
    small_bytes tail = {};

    [[nodiscard]] std::size_t size() const noexcept {
        return head.size() + body.size() + tail.size();
    }
};

/// What a codec makes of a message: its frame, or why it must not be sent.
class encoded {
public:
    // Implicit on purpose, as in `decoded`.
    encoded(const frame& made) noexcept : frame_(made) {}
    encoded(const refusal& why) noexcept : refusal_(why) {}

    [[nodiscard]] bool has_frame() const noexcept { return !refusal_; }
    explicit operator bool() const noexcept { return has_frame(); }

    /// The frame, empty when there is none.
    [[nodiscard]] const frame& operator*() const noexcept { return frame_; }
    [[nodiscard]] const frame* operator->() const noexcept { return &frame_; }
    [[nodiscard]] const refusal& why() const noexcept { return refusal_; }

private:
    frame frame_;
    refusal refusal_;
};

} // namespace eddy::wire
