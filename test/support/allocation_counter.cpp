// SPDX-License-Identifier: BSL-1.0
#include "support/allocation_counter.hpp"

#include <cstdlib>
#include <malloc.h>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDDY_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EDDY_TEST_SANITIZED 1
#endif
#endif

namespace {

thread_local std::size_t allocations = 0;
thread_local std::ptrdiff_t held_bytes = 0;

} // namespace

#if !defined(EDDY_TEST_SANITIZED)

namespace {

void* taken(void* memory) {
    if (!memory) {
        throw std::bad_alloc();
    }
    ++allocations;
    held_bytes += static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
    return memory;
}

void give_back(void* memory) noexcept {
    held_bytes -= static_cast<std::ptrdiff_t>(::malloc_usable_size(memory)); // of null: 0
    std::free(memory);
}

} // namespace

// The other forms of operator new end in these two.
void* operator new(std::size_t size) {
    return taken(std::malloc(size == 0 ? 1 : size));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto align = static_cast<std::size_t>(alignment);
    return taken(std::aligned_alloc(align, (size + align - 1) / align * align));
}

void operator delete(void* memory) noexcept {
    give_back(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    give_back(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    give_back(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    give_back(memory);
}

#endif

namespace eddy::test {

bool allocation_counter::is_available() noexcept {
#if defined(EDDY_TEST_SANITIZED)
    return false;
#else
    return true;
#endif
}

std::size_t allocation_counter::total() noexcept {
    return allocations;
}

std::ptrdiff_t allocation_counter::held() noexcept {
    return held_bytes;
}

} // namespace eddy::test
