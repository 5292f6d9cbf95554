// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>

namespace eddy::detail {

/// An amount that one thread changes and any thread reads. It costs the one no more than a plain
/// number.
class gauge {
public:
    void add(std::size_t more) noexcept { set(value() + more); }
    void subtract(std::size_t less) noexcept { set(value() - less); }
    void set(std::size_t now) noexcept { value_.store(now, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::size_t> value_{0};
};

} // namespace eddy::detail
