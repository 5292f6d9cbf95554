// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace eddy::test {

/// Counts what this thread has taken from the heap since it was made.
class allocation_counter {
public:
    allocation_counter() noexcept : before_(total()), held_before_(held()) {}

    /// Calls of operator new.
    [[nodiscard]] std::size_t count() const noexcept { return total() - before_; }
    /// Bytes that were taken and not given back, as the allocator rounds them.
    [[nodiscard]] std::ptrdiff_t growth() const noexcept { return held() - held_before_; }

    /// False in sanitizer builds, which have their own operator new, and where frames are not
    /// recycled on purpose.
    [[nodiscard]] static bool is_available() noexcept;

private:
    [[nodiscard]] static std::size_t total() noexcept;
    [[nodiscard]] static std::ptrdiff_t held() noexcept;

    std::size_t before_;
    std::ptrdiff_t held_before_;
};

} // namespace eddy::test
