// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace eddy::sim::detail {

/// Bytes in a kernel's buffer: in at the back, out at the front.
class byte_queue {
public:
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - taken_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    void push(std::span<const std::byte> more) {
        bytes_.insert(bytes_.end(), more.begin(), more.end());
    }

    /// Moves as many bytes as `into` holds, which must be there, out of the queue.
    void pop(std::span<std::byte> into) {
        std::copy_n(
            bytes_.begin() + static_cast<std::ptrdiff_t>(taken_), into.size(), into.begin()
        );
        taken_ += into.size();
        if (taken_ * 2 >= bytes_.size()) { // each byte moves at most once more
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
            taken_ = 0;
        }
    }

    void clear() noexcept {
        bytes_.clear();
        taken_ = 0;
    }

private:
    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;
};

} // namespace eddy::sim::detail
