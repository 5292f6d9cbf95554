// SPDX-License-Identifier: BSL-1.0
#include "engine/uring/buffer_ring.hpp"

#include <algorithm>

namespace eddy::detail {

// The memory is not touched here: what the kernel never fills costs nothing.
buffer_ring::buffer_ring()
    : memory_(static_cast<std::byte*>(::operator new(count* buffer_size, page))),
      ring_(static_cast<::io_uring_buf_ring*>(::operator new(count * sizeof(::io_uring_buf), page))
      ) {
    for (std::uint16_t i = 0; i < count; ++i) {
        buffers_[i].data = memory_.get() + i * buffer_size;
        buffers_[i].number = i;
    }
}

error_code buffer_ring::offer_to(::io_uring& where) noexcept {
    ::io_uring_buf_reg wanted{};
    wanted.ring_addr = reinterpret_cast<std::uintptr_t>(ring_.get());
    wanted.ring_entries = count;
    wanted.bgid = group;
    const int outcome = ::io_uring_register_buf_ring(&where, &wanted, 0);
    if (outcome != 0) {
        return {-outcome, std::system_category()};
    }
    ::io_uring_buf_ring_init(ring_.get());
    int offered = 0;
    for (const ring_buffer& buffer : buffers_) {
        if (!buffer.is_out) {
            put_in(buffer, offered++);
        }
    }
    ::io_uring_buf_ring_advance(ring_.get(), offered);
    return {};
}

void buffer_ring::put_in(const ring_buffer& buffer, int offset) noexcept {
    ::io_uring_buf_ring_add(
        ring_.get(),
        buffer.data,
        buffer_size,
        buffer.number,
        ::io_uring_buf_ring_mask(count),
        offset
    );
}

ring_buffer& buffer_ring::taken(unsigned number, std::size_t size) noexcept {
    ring_buffer& buffer = buffers_[number];
    buffer.begin = 0;
    buffer.end = static_cast<std::uint32_t>(size);
    buffer.next = nullptr;
    buffer.is_out = true;
    return buffer;
}

void buffer_ring::give_back(ring_buffer& emptied) noexcept {
    emptied.is_out = false;
    put_in(emptied, 0);
    ::io_uring_buf_ring_advance(ring_.get(), 1);
}

std::size_t buffer_ring::out() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(buffers_, &ring_buffer::is_out));
}

} // namespace eddy::detail
