// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/block_pool.hpp>

#include <new>

namespace eddy::detail {
namespace {

block* allocate(block_source& source, std::size_t size) {
    void* memory = ::operator new(sizeof(block) + size);
    auto* bytes = static_cast<std::byte*>(memory) + sizeof(block);
    return ::new (memory) block{&source, bytes, size, nullptr};
}

void deallocate(block* freed) noexcept {
    ::operator delete(freed);
}

} // namespace

block_pool::~block_pool() {
    while (free_) {
        deallocate(std::exchange(free_, free_->next));
    }
}

block_handle block_pool::take(std::size_t size) {
    block* taken = nullptr;
    if (size <= block_size && free_) {
        taken = std::exchange(free_, free_->next);
        taken->next = nullptr;
        --kept_;
    } else {
        taken = allocate(*this, size <= block_size ? block_size : size);
    }
    ++lent_;
    return block_handle(taken);
}

void block_pool::give_back(block& lent) noexcept {
    --lent_;
    if (lent.size != block_size || kept_ == kept_max) {
        deallocate(&lent);
        return;
    }
    lent.next = free_;
    free_ = &lent;
    ++kept_;
}

} // namespace eddy::detail
