// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block_pool.hpp>
#include <eddy/net/session_awaiters.hpp>

#include <algorithm>
#include <span>

namespace eddy::detail {

/// What has arrived and was not read yet: one contiguous run of bytes in one block, or nothing at
/// all.
class inbox {
public:
    explicit inbox(block_pool& blocks) noexcept : blocks_(&blocks) {}

    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] bool holds_block() const noexcept { return static_cast<bool>(block_); }
    /// Bytes of its block.
    [[nodiscard]] std::size_t memory() const noexcept { return block_ ? block_->size : 0; }

    /// What a request finds here.
    struct match {
        enum class outcome { found, incomplete, refused };
        outcome kind = outcome::incomplete;
        std::size_t size = 0;     ///< Bytes of the message.
        std::size_t consumed = 0; ///< The same with the delimiter.
    };
    /// Remembers how far it has looked, so that a delimiter that comes byte by byte costs linear
    /// time. Sets `why` when the request is refused, and only then.
    [[nodiscard]] match find(const read_request& wanted, noted_error& why) noexcept {
        if (wanted.kind != read_request::until::any) {
            return find_message(wanted, why);
        }
        const std::size_t bytes = std::min(size(), wanted.size);
        const bool is_there = bytes != 0 || wanted.size == 0;
        return {is_there ? match::outcome::found : match::outcome::incomplete, bytes, bytes};
    }

    /// Lends the first `size` bytes; with them `consumed` leave the inbox when the next read
    /// begins.
    [[nodiscard]] std::span<const std::byte> lend(std::size_t size, std::size_t consumed) noexcept;
    /// Ends the loan.
    void reclaim() noexcept;

    /// Where the next bytes go: empty when the inbox has no block, so that the engine may lend one.
    /// The block grows with what arrives, never ahead of it: a length that a peer announces takes
    /// no memory.
    [[nodiscard]] std::span<std::byte> room();
    void added(std::size_t count) noexcept { end_ += count; }
    /// Takes a block that the engine filled. Only when this has none.
    void adopt(block_handle filled, std::size_t count) noexcept;

    void clear() noexcept;

private:
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return empty() ? std::span<const std::byte>()
                       : std::span<const std::byte>(block_->data + begin_, size());
    }
    [[nodiscard, gnu::noinline]] match
    find_message(const read_request& wanted, noted_error& why) noexcept;
    [[nodiscard]] match find_by(message_finder& finder, noted_error& why) const noexcept;
    [[nodiscard]] match find_delimiter(const read_request& wanted, noted_error& why) noexcept;
    [[gnu::cold, gnu::noinline]] void move_to(block_handle larger) noexcept;

    block_pool* blocks_;
    block_handle block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t lent_ = 0;
    std::size_t scanned_ = 0; // bytes from begin_ that hold no delimiter
};

} // namespace eddy::detail
