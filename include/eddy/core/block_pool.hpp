// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block.hpp>
#include <eddy/core/gauge.hpp>
#include <eddy/core/intrusive_list.hpp>
#include <eddy/export.hpp>

#include <cstddef>
#include <cstdint>

namespace eddy::detail {

/// Is told when the blocks on loan have become many more.
class growth_watch : public list_node {
public:
    /// Called while a block is taken: to be noted, and looked at later.
    virtual void on_growth() noexcept = 0;

protected:
    ~growth_watch() = default;
};

/// The blocks of one loop. Last in, first out, so that a block that was just sent is warm for the
/// next receive.
class EDDY_EXPORT block_pool final : public block_source {
public:
    /// One receive or one outbox block. More than 16 KiB, which many protocols send at once: only a
    /// receive that leaves room says that nothing is left to receive.
    static constexpr std::size_t block_size = 17 * 1024;
    /// A watch is told of a growth of this many bytes, or up to twice as many.
    static constexpr std::size_t growth_step = 4 * block_size;

    block_pool() noexcept = default;
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;
    ~block_pool();

    [[nodiscard]] block_handle take() {
        if (!free_) {
            return take_new(block_size);
        }
        block& taken = *std::exchange(free_, free_->next);
        --kept_;
        note_taken(taken);
        return block_handle(&taken);
    }
    /// A block of at least `size` bytes; one that is larger than `block_size` is not kept when it
    /// comes back.
    [[nodiscard]] block_handle take(std::size_t size) {
        return size <= block_size ? take() : take_new(size);
    }
    void give_back(block& lent) noexcept override;

    /// Blocks on loan now.
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

    /// Bytes of the blocks on loan now. Any thread.
    [[nodiscard]] std::size_t lent_bytes() const noexcept { return lent_bytes_.value(); }
    /// Those of them that hold what is to be sent; counted by the outboxes. Any thread may read.
    [[nodiscard]] gauge& outbox_bytes() noexcept { return outbox_bytes_; }

    /// The watch ends when the object does.
    void watch(growth_watch& told) noexcept;

private:
    [[gnu::cold, gnu::noinline]] block_handle take_new(std::size_t size);
    void note_taken(block& taken) noexcept {
        taken.next = nullptr;
        ++lent_;
        lent_bytes_.add(taken.size);
        if (lent_bytes() > tell_above_) {
            tell();
        }
    }
    [[gnu::cold, gnu::noinline]] void aim() noexcept;
    [[gnu::cold, gnu::noinline]] void tell() noexcept;

    static constexpr std::size_t kept_max = 256; // 4 MiB a loop

    block* free_ = nullptr;
    std::size_t kept_ = 0;
    std::size_t lent_ = 0;
    gauge lent_bytes_;
    gauge outbox_bytes_;
    intrusive_list watches_;
    // Without a watch they are never reached.
    std::size_t tell_above_ = SIZE_MAX;
    std::size_t aim_below_ = 0;
};

} // namespace eddy::detail
