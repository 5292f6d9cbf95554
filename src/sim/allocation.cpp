// SPDX-License-Identifier: BSL-1.0
#include "sim/allocation.hpp"

#include <eddy/sim/world.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

// As in eddy/sim/failing_new.hpp, which defines operator new and so is not for this file.
namespace eddy::sim::detail {
[[nodiscard]] EDDY_EXPORT void* allocate(std::size_t size);
[[nodiscard]] EDDY_EXPORT void* allocate(std::size_t size, std::align_val_t alignment);
EDDY_EXPORT void release(void* memory) noexcept;
} // namespace eddy::sim::detail

namespace eddy::sim::detail {
namespace {

// Whose process allocates; null for the simulator, and for everything outside of a world.
constinit thread_local host* allocating = nullptr;

constinit std::atomic<std::int64_t> in_use{0};

/// Throws when a planted fault strikes here.
void count() {
    if (allocating) {
        host& where = *allocating;
        const in_kernel counting; // a record in the trace takes memory too
        if (where.owner().faults().strike(operation::allocate, where)) {
            throw std::bad_alloc();
        }
    }
}

void* given(void* memory) {
    if (!memory) {
        throw std::bad_alloc();
    }
    in_use.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

} // namespace

in_process::in_process(host& whose) noexcept : before_(std::exchange(allocating, &whose)) {}

in_process::~in_process() {
    allocating = before_;
}

in_kernel::in_kernel() noexcept : before_(std::exchange(allocating, nullptr)) {}

in_kernel::~in_kernel() {
    allocating = before_;
}

std::int64_t blocks_in_use() noexcept {
    return in_use.load(std::memory_order_relaxed);
}

bool can_fail_allocations() {
    const auto before = blocks_in_use();
    void* probe = ::operator new(1);
    const bool is_counted = blocks_in_use() != before;
    ::operator delete(probe);
    return is_counted;
}

void* allocate(std::size_t size) {
    count();
    return given(std::malloc(size == 0 ? 1 : size));
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    count();
    const auto align = static_cast<std::size_t>(alignment);
    return given(std::aligned_alloc(align, (size + align - 1) / align * align));
}

void release(void* memory) noexcept {
    if (memory) {
        in_use.fetch_sub(1, std::memory_order_relaxed);
        std::free(memory);
    }
}

} // namespace eddy::sim::detail
