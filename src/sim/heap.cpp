// SPDX-License-Identifier: BSL-1.0
#include "sim/heap.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

// There in programs with a sanitizer that has its own heap.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace eddy::sim::detail {

std::size_t heap_in_use() noexcept {
    if (__sanitizer_get_current_allocated_bytes) {
        return __sanitizer_get_current_allocated_bytes();
    }
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    const auto told = ::mallinfo2();
    return told.uordblks + told.hblkhd; // from the heap, and mapped for large blocks
#else
    return 0;
#endif
}

} // namespace eddy::sim::detail
