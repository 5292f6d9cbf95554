// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

namespace eddy::detail {

/// A bounded queue of bytes. Has no memory until the first byte comes.
class byte_ring {
public:
    explicit byte_ring(std::size_t capacity) noexcept : capacity_(capacity) {}

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

    /// Adds as many of `bytes` as there is room for, and gives their number.
    std::size_t push(std::span<const std::byte> bytes) {
        if (!memory_) {
            memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
        }
        const std::size_t count = std::min(bytes.size(), room());
        const std::size_t end = (begin_ + size_) % capacity_;
        const std::size_t first = std::min(count, capacity_ - end);
        std::copy_n(bytes.data(), first, memory_.get() + end);
        std::copy_n(bytes.data() + first, count - first, memory_.get());
        size_ += count;
        return count;
    }

    /// Takes as many of the oldest bytes as fit, and gives their number.
    std::size_t pop(std::span<std::byte> into) noexcept {
        const std::size_t count = std::min(into.size(), size_);
        const std::size_t first = std::min(count, capacity_ - begin_);
        std::copy_n(memory_.get() + begin_, first, into.data());
        std::copy_n(memory_.get(), count - first, into.data() + first);
        begin_ = (begin_ + count) % capacity_;
        size_ -= count;
        return count;
    }

    void clear() noexcept {
        memory_.reset();
        begin_ = size_ = 0;
    }

private:
    std::size_t capacity_;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};

} // namespace eddy::detail
