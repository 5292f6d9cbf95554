// SPDX-License-Identifier: BSL-1.0
#include "sim/heap.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace eddy::sim::detail {

std::size_t heap_in_use() noexcept {
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 33)
    const auto told = ::mallinfo2();
    return told.uordblks + told.hblkhd; // from the heap, and mapped for large blocks
#else
    return 0;
#endif
#else
    return 0;
#endif
}

} // namespace eddy::sim::detail
