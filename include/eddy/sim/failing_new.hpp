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

// Every form, because the sanitizers bring all of those that are not here.

void* operator new(std::size_t size) {
    return eddy::sim::detail::allocate(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return eddy::sim::detail::allocate(size, alignment);
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    try {
        return eddy::sim::detail::allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new(
    std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*tag*/
) noexcept {
    try {
        return eddy::sim::detail::allocate(size, alignment);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void* operator new[](std::size_t size, std::align_val_t alignment) {
    return operator new(size, alignment);
}

void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
    return operator new(size, tag);
}

void* operator new[](
    std::size_t size, std::align_val_t alignment, const std::nothrow_t& tag
) noexcept {
    return operator new(size, alignment, tag);
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

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete(
    void* memory, std::align_val_t /*alignment*/, const std::nothrow_t& /*tag*/
) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete[](void* memory) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete[](void* memory, std::size_t /*size*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete
    [](void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept {
    eddy::sim::detail::release(memory);
}

void operator delete
    [](void* memory, std::align_val_t /*alignment*/, const std::nothrow_t& /*tag*/) noexcept {
    eddy::sim::detail::release(memory);
}
