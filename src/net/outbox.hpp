// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block_pool.hpp>
#include <eddy/net/session_awaiters.hpp>

#include <array>
#include <span>

namespace eddy::detail {

/// What was written and not taken by the transport yet, in order: copies in blocks of the loop, and
/// large messages that are sent from where they are while their writer waits.
class outbox {
public:
    /// Parts of one gathered send.
    static constexpr std::size_t gather_max = 16;

    explicit outbox(block_pool& blocks) noexcept : blocks_(&blocks) {}
    ~outbox() { clear(); }
    outbox(const outbox&) = delete;
    outbox& operator=(const outbox&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Bytes that were copied, in as many steps as there are blocks.
    [[nodiscard]] std::size_t copied() const noexcept;
    /// Bytes of its blocks.
    [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

    /// Takes a message of these parts whole, or throws `std::bad_alloc` and takes none of it.
    void copy(std::span<const std::span<const std::byte>> parts);
    /// Links the writer's own bytes; it is told by `unsent_` and woken by the session.
    void borrow(write_awaiter& writer);
    /// Ends a loan before its bytes are gone: a message that was begun is copied so that it stays
    /// whole, another leaves.
    void release(write_awaiter& writer);

    using gather_list = std::array<std::span<const std::byte>, gather_max>;
    /// The first parts, for one send of `most` bytes.
    [[nodiscard]] std::span<const std::span<const std::byte>>
    gather(gather_list& list, std::size_t most) const noexcept;

    /// Drops the first `count` bytes, which were sent.
    void sent(std::size_t count) noexcept;
    void clear() noexcept;

    /// Writers whose last byte went; the session wakes them.
    [[nodiscard]] intrusive_list& done() noexcept { return done_; }

private:
    void append(std::span<const std::byte> bytes);
    block& take_block(std::size_t size);
    out_segment& open_block();
    void drop(out_segment& segment) noexcept;

    block_pool* blocks_;
    intrusive_list segments_;
    intrusive_list done_;
    out_segment* tail_ = nullptr; // the last segment when it is a block with room
    std::size_t size_ = 0;
    std::size_t memory_ = 0;
};

} // namespace eddy::detail
