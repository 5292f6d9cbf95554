// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block.hpp>
#include <eddy/core/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <liburing.h>
#include <memory>
#include <new>
#include <span>

namespace eddy::detail {

/// A buffer of the ring, with what the kernel has put in.
struct filled_block : block {
    std::uint16_t number = 0;
    bool is_out = false; // not the kernel's to fill
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data + begin, data + end}; }
};

/// The buffers that the kernel chooses from when it receives (io_uring_register_buf_ring(3)): all
/// sessions of a loop share them, so that one that waits holds none.
///
/// One that holds bytes is out until it is given back, by the stream or by the session that it was
/// lent to. When all are out the kernel takes no bytes, and the streams receive by themselves.
class buffer_ring final : public block_source {
public:
    /// The kernel's name for them.
    static constexpr unsigned short group = 0;
    /// As the blocks of the loop, because sessions treat both alike.
    static constexpr std::size_t buffer_size = 16 * 1024;
    /// More would be used in turn, and be cold each time: at 16 KiB a message 64 cost a tenth less
    /// than 1024.
    static constexpr std::uint16_t count = 64;

    /// Throws `std::bad_alloc`.
    buffer_ring();
    buffer_ring(const buffer_ring&) = delete;
    buffer_ring& operator=(const buffer_ring&) = delete;

    /// Offers the buffers that are not out to a ring; an earlier one is no more.
    [[nodiscard]] error_code offer_to(::io_uring& where) noexcept;

    /// The buffer in which the kernel has put `size` bytes.
    [[nodiscard]] filled_block& taken(unsigned number, std::size_t size) noexcept;
    /// Back to the kernel.
    void give_back(block& lent) noexcept override;
    /// True while enough are in, so that some may stay with sessions.
    [[nodiscard]] bool is_plentiful() const noexcept { return out_ < count / 2; }
    [[nodiscard]] unsigned out() const noexcept { return out_; }

private:
    static constexpr std::align_val_t page{4096}; // io_uring_register_buf_ring(3) asks for it

    struct release {
        void operator()(void* memory) const noexcept { ::operator delete(memory, page); }
    };
    template <class Type>
    using pages = std::unique_ptr<Type, release>;

    void put_in(const filled_block& buffer, int offset) noexcept;

    pages<std::byte> memory_;
    pages<::io_uring_buf_ring> ring_;
    std::array<filled_block, count> blocks_{};
    unsigned out_ = 0;
};

} // namespace eddy::detail
