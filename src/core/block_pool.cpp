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

block_handle block_pool::take_new(std::size_t size) {
    block& taken = *allocate(*this, size);
    note_taken(taken);
    return block_handle(&taken);
}

void block_pool::give_back(block& lent) noexcept {
    --lent_;
    lent_bytes_.subtract(lent.size);
    if (lent_bytes() < aim_below_) {
        aim();
    }
    if (lent.size != block_size || kept_ == kept_max) {
        deallocate(&lent);
        return;
    }
    lent.next = free_;
    free_ = &lent;
    ++kept_;
}

void block_pool::watch(growth_watch& told) noexcept {
    watches_.push_back(told);
    aim();
}

void block_pool::aim() noexcept {
    const std::size_t now = lent_bytes();
    tell_above_ = now + growth_step;
    aim_below_ = now > growth_step ? now - growth_step : 0;
}

void block_pool::tell() noexcept {
    aim();
    if (watches_.empty()) {
        tell_above_ = SIZE_MAX;
        aim_below_ = 0;
    }
    for (auto* node = watches_.front(); node; node = watches_.next(*node)) {
        static_cast<growth_watch&>(*node).on_growth();
    }
}

} // namespace eddy::detail
