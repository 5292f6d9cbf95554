// SPDX-License-Identifier: BSL-1.0
#pragma once

// Include this in exactly one source file of a test program: it replaces the program's operator new
// and delete, so that `operation::allocate` can fail. Works with the static and the shared library,
// and with sanitizers.

#include <eddy/export.hpp>

#include <cstddef>
#include <new>

namespace eddy::sim::detail {

[[nodiscard]] EDDY_EXPORT void* allocate(std::size_t size);
[[nodiscard]] EDDY_EXPORT void* allocate(std::size_t size, std::align_val_t alignment);
EDDY_EXPORT void release(void* memory) noexcept;

} // namespace eddy::sim::detail

// The other forms end in these.

void* operator new(std::size_t size) {
    return eddy::sim::detail::allocate(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return eddy::sim::detail::allocate(size, alignment);
}

void operator delete(void* memory) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete(
    void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/
) noexcept {
    eddy::sim::detail::release(memory);
}
