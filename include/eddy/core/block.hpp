// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <utility>

namespace eddy::detail {

class block_source;

/// A piece of memory on loan for bytes in flight.
struct block {
    block_source* source;
    std::byte* data;
    std::size_t size;
    block* next; ///< For whoever holds it: the pool's free list, or an outbox.
};

/// Where a block goes back to: the loop's pool, or an engine's ring of provided buffers.
class block_source {
public:
    virtual void give_back(block& lent) noexcept = 0;

protected:
    ~block_source() = default;
};

/// Owns one loan.
class block_handle {
public:
    block_handle() noexcept = default;
    explicit block_handle(block* lent) noexcept : block_(lent) {}
    block_handle(block_handle&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    block_handle& operator=(block_handle&& other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~block_handle() { reset(); }

    explicit operator bool() const noexcept { return block_ != nullptr; }
    block* operator->() const noexcept { return block_; }
    [[nodiscard]] block* get() const noexcept { return block_; }
    [[nodiscard]] block* release() noexcept { return std::exchange(block_, nullptr); }
    void reset() noexcept {
        if (block* lent = release()) {
            lent->source->give_back(*lent);
        }
    }

private:
    block* block_ = nullptr;
};

} // namespace eddy::detail
