// SPDX-License-Identifier: BSL-1.0
#pragma once

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
struct ring_buffer {
    std::byte* data = nullptr;
    ring_buffer* next = nullptr; // for who holds it
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint16_t number = 0;
    bool is_out = false; // not the kernel's to fill

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {data + begin, data + end};
    }
};

/// The buffers that the kernel chooses from when it receives (io_uring_register_buf_ring(3)): all
/// sessions of a loop share them, so that one that waits holds none.
///
/// One that holds bytes is out until its stream has given it back. When all are out the kernel
/// takes no bytes, and the streams receive by themselves.
class buffer_ring final {
public:
    /// The kernel's name for them.
    static constexpr unsigned short group = 0;
    /// Who sends more at once is received from without the ring; see `uring_stream`.
    static constexpr std::size_t buffer_size = 2 * 1024;
    /// More would be used in turn, and be cold each time; with fewer, some of 500 busy sessions
    /// find none, which costs them a tenth.
    static constexpr std::uint16_t count = 128;

    /// Throws `std::bad_alloc`.
    buffer_ring();
    buffer_ring(const buffer_ring&) = delete;
    buffer_ring& operator=(const buffer_ring&) = delete;

    /// Offers the buffers that are not out to a ring; an earlier one is no more.
    [[nodiscard]] error_code offer_to(::io_uring& where) noexcept;

    /// The buffer in which the kernel has put `size` bytes.
    [[nodiscard]] ring_buffer& taken(unsigned number, std::size_t size) noexcept;
    /// Back to the kernel.
    void give_back(ring_buffer& emptied) noexcept;
    /// How many are out.
    [[nodiscard]] std::size_t out() const noexcept;

private:
    static constexpr std::align_val_t page{4096}; // io_uring_register_buf_ring(3) asks for it

    struct release {
        void operator()(void* memory) const noexcept { ::operator delete(memory, page); }
    };
    template <class Type>
    using pages = std::unique_ptr<Type, release>;

    void put_in(const ring_buffer& buffer, int offset) noexcept;

    pages<std::byte> memory_;
    pages<::io_uring_buf_ring> ring_;
    std::array<ring_buffer, count> buffers_{};
};

} // namespace eddy::detail
