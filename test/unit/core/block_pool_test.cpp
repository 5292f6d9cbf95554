// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/block_pool.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <utility>
#include <vector>

namespace eddy::detail {
namespace {

TEST_CASE("block_pool: block taken and given back, is lent again", "[core][block_pool]") {
    block_pool pool;
    auto first = pool.take();
    const auto* data = first->data;
    CHECK(first->size == block_pool::block_size);
    CHECK(pool.lent() == 1);

    first.reset();
    CHECK(pool.lent() == 0);
    const auto second = pool.take(100);

    CHECK(second->data == data);
    CHECK(second->size == block_pool::block_size);
    CHECK(second->next == nullptr);
}

TEST_CASE(
    "block_pool: more than a block asked for, gives a larger one that is not kept",
    "[core][block_pool]"
) {
    block_pool pool;
    auto large = pool.take(block_pool::block_size + 1);

    CHECK(large->size == block_pool::block_size + 1);
    large->data[block_pool::block_size] = std::byte{1};
    large.reset();

    CHECK(pool.lent() == 0);
    CHECK(pool.take()->size == block_pool::block_size);
}

TEST_CASE("block_pool: many blocks given back, keeps a bounded number", "[core][block_pool]") {
    block_pool pool;
    std::vector<block_handle> blocks;
    for (int i = 0; i < 300; ++i) {
        blocks.push_back(pool.take());
    }
    CHECK(pool.lent() == 300);
    blocks.clear();
    CHECK(pool.lent() == 0);

    if (test::allocation_counter::is_available()) {
        blocks.reserve(300);
        const test::allocation_counter allocations;
        for (int i = 0; i < 300; ++i) {
            blocks.push_back(pool.take());
        }
        CHECK(allocations.count() == 300 - 256);
    }
}

/// Counts what it is told.
struct counting_watch final : growth_watch {
    void on_growth() noexcept override { ++told; }
    int told = 0;
};

TEST_CASE("block_pool: watched, tells of growth step by step", "[core][block_pool]") {
    constexpr std::size_t blocks_a_step = block_pool::growth_step / block_pool::block_size;
    block_pool pool;
    std::vector<block_handle> taken;
    const auto grow = [&](std::size_t blocks) {
        for (std::size_t i = 0; i != blocks; ++i) {
            taken.push_back(pool.take());
        }
    };
    {
        counting_watch watch;
        pool.watch(watch);

        grow(blocks_a_step);
        CHECK(watch.told == 0);
        grow(1);
        CHECK(watch.told == 1);
        grow(4 * (blocks_a_step + 1));
        CHECK(watch.told == 5);
        CHECK(pool.lent_bytes() == taken.size() * block_pool::block_size);

        // Down to nothing: from there it counts anew.
        taken.clear();
        CHECK(pool.lent_bytes() == 0);
        grow(3 * (blocks_a_step + 1));
        CHECK(watch.told >= 7);
    }
    grow(100); // nobody is there to be told
    CHECK(pool.lent_bytes() == taken.size() * block_pool::block_size);
}

TEST_CASE("block_handle: moved, leaves nothing behind", "[core][block_pool]") {
    block_pool pool;
    auto first = pool.take();
    block* lent = first.get();

    block_handle second(std::move(first));
    CHECK_FALSE(first);
    CHECK(second.get() == lent);

    block_handle third;
    third = std::move(second);
    CHECK(third.get() == lent);
    CHECK(third.release() == lent);
    CHECK_FALSE(third);
    CHECK(pool.lent() == 1);

    lent->source->give_back(*lent);
    CHECK(pool.lent() == 0);
}

} // namespace
} // namespace eddy::detail
