// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace eddy::test {

/// Counts the calls of operator new by this thread since it was made.
class allocation_counter {
public:
    allocation_counter() noexcept : before_(total()) {}

    [[nodiscard]] std::size_t count() const noexcept { return total() - before_; }

    /// False in sanitizer builds, which have their own operator new, and where frames are not
    /// recycled on purpose.
    [[nodiscard]] static bool is_available() noexcept;

private:
    [[nodiscard]] static std::size_t total() noexcept;

    std::size_t before_;
};

} // namespace eddy::test
