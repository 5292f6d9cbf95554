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

    /// Takes a message of these parts, of `whole` bytes together, or throws `std::bad_alloc` and
    /// takes none of it.
    void copy(std::span<const out_segment> parts, std::size_t whole);
    void copy(std::span<const std::byte> message);
    /// Links the writer's own bytes, or its source of them; it is told by `unsent_` and woken by
    /// the session.
    void borrow(write_awaiter& writer) noexcept;
    /// Ends a loan before its bytes are gone: a message that was begun, or is to be kept, is copied
    /// so that it stays whole, another leaves. What is left of a file leaves.
    void release(write_awaiter& writer);

    /// The first part, up to `most` bytes of it, when there is no other and it is in memory;
    /// nothing otherwise.
    [[nodiscard]] std::span<const std::byte> only_part(std::size_t most) const noexcept;

    using gather_list = std::array<std::span<const std::byte>, gather_max>;
    /// The first parts, for one send of `most` bytes. None when a source comes first.
    [[nodiscard]] std::span<const std::span<const std::byte>>
    gather(gather_list& list, std::size_t most) const noexcept;

    /// Where the next bytes come from when they are not in memory, and how many; null and 0
    /// otherwise.
    [[nodiscard]] splice_source* source() const noexcept;
    [[nodiscard]] std::size_t source_size() const noexcept;
    /// Drops what is left of it.
    void drop_source() noexcept;

    /// Drops the first `count` bytes, which were sent.
    void sent(std::size_t count) noexcept;
    void clear() noexcept;

    /// Writers whose last byte went; the session wakes them.
    [[nodiscard]] intrusive_list& done() noexcept { return done_; }

private:
    [[nodiscard]] std::byte* room_for(std::size_t whole);
    [[gnu::noinline]] void copy_into_blocks(std::span<const out_segment> parts);
    void append(std::span<const std::byte> bytes);
    void keep(out_segment& segment);
    void account(const out_segment& segment, std::size_t more, std::size_t less) noexcept;
    void tell(const out_segment& segment, std::size_t sent) noexcept;
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
