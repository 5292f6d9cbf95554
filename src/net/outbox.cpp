// SPDX-License-Identifier: BSL-1.0
#include "net/outbox.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace eddy::detail {
namespace {

/// A segment of copied bytes stands at the head of its own block.
std::size_t room_in(const out_segment& segment) noexcept {
    const auto* block_end = segment.owned->data + segment.owned->size;
    return static_cast<std::size_t>(block_end - (segment.begin + segment.size));
}

} // namespace

void outbox::copy(std::span<const std::span<const std::byte>> parts) {
    const list_node* const last = segments_.back();
    out_segment* const tail = tail_;
    const std::size_t tail_size = tail ? tail->size : 0;
    const std::size_t size = size_;
    try {
        for (const auto part : parts) {
            append(part);
        }
    } catch (const std::bad_alloc&) {
        // A message that finds no memory must not leave half of itself behind.
        while (segments_.back() != last) {
            drop(static_cast<out_segment&>(*segments_.back()));
        }
        tail_ = tail;
        if (tail) {
            tail->size = tail_size;
        }
        size_ = size;
        throw;
    }
}

void outbox::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        out_segment& segment = tail_ && room_in(*tail_) != 0 ? *tail_ : open_block();
        const auto part = bytes.first(std::min(bytes.size(), room_in(segment)));
        std::memcpy(const_cast<std::byte*>(segment.begin + segment.size), part.data(), part.size());
        segment.size += part.size();
        size_ += part.size();
        bytes = bytes.subspan(part.size());
    }
}

block& outbox::take_block(std::size_t size) {
    block& taken = *blocks_->take(size).release();
    memory_ += taken.size;
    blocks_->outbox_bytes().add(taken.size);
    return taken;
}

out_segment& outbox::open_block() {
    block& taken = take_block(block_pool::block_size);
    auto* segment = ::new (taken.data) out_segment;
    segment->begin = taken.data + sizeof(out_segment);
    segment->owned = &taken;
    segments_.push_back(*segment);
    tail_ = segment;
    return *segment;
}

void outbox::borrow(write_awaiter& writer) {
    for (std::size_t i = 0; i != write_awaiter::parts_max; ++i) {
        const auto part = writer.parts_[i];
        if (!part.empty()) {
            auto& segment = writer.segments_[i];
            segment.begin = part.data();
            segment.size = part.size();
            segment.writer = &writer;
            segments_.push_back(segment);
            writer.unsent_ += part.size();
        }
    }
    size_ += writer.unsent_;
    tail_ = nullptr;
}

void outbox::release(write_awaiter& writer) {
    std::size_t whole = 0;
    for (const auto part : writer.parts_) {
        whole += part.size();
    }
    const bool has_begun = writer.unsent_ != whole;
    for (auto& segment : writer.segments_) {
        if (segment.is_linked() && has_begun) {
            // Behind its place in the line, then into it: the bytes that follow must not overtake.
            block& taken = take_block(sizeof(out_segment) + segment.size);
            auto* copied = ::new (taken.data) out_segment;
            auto* bytes = taken.data + sizeof(out_segment);
            std::memcpy(bytes, segment.begin, segment.size);
            copied->begin = bytes;
            copied->size = segment.size;
            copied->owned = &taken;
            segment.replace_by(*copied);
        } else if (segment.is_linked()) {
            size_ -= segment.size;
            segment.unlink();
        }
    }
    writer.unsent_ = 0;
    tail_ = nullptr;
}

std::span<const std::span<const std::byte>>
outbox::gather(gather_list& list, std::size_t most) const noexcept {
    std::size_t count = 0;
    for (auto* node = segments_.front(); node && most != 0 && count != list.size();
         node = segments_.next(*node)) {
        const auto& segment = static_cast<const out_segment&>(*node);
        const std::size_t part = std::min(segment.size, most);
        list[count++] = {segment.begin, part};
        most -= part;
    }
    return {list.data(), count};
}

std::size_t outbox::copied() const noexcept {
    std::size_t bytes = 0;
    for (auto* node = segments_.front(); node; node = segments_.next(*node)) {
        const auto& segment = static_cast<const out_segment&>(*node);
        bytes += segment.owned ? segment.size : 0;
    }
    return bytes;
}

void outbox::sent(std::size_t count) noexcept {
    size_ -= count;
    while (count != 0) {
        auto& segment = static_cast<out_segment&>(*segments_.front());
        const std::size_t part = std::min(count, segment.size);
        segment.begin += part;
        segment.size -= part;
        count -= part;
        if (segment.writer && (segment.writer->unsent_ -= part) == 0) {
            done_.push_back(*segment.writer);
        }
        if (segment.size == 0) {
            drop(segment);
        }
    }
}

void outbox::drop(out_segment& segment) noexcept {
    if (&segment == tail_) {
        tail_ = nullptr;
    }
    segment.unlink();
    if (block* owned = segment.owned) {
        memory_ -= owned->size;
        blocks_->outbox_bytes().subtract(owned->size);
        segment.~out_segment();
        owned->source->give_back(*owned);
    }
}

void outbox::clear() noexcept {
    while (auto* node = segments_.front()) {
        auto& segment = static_cast<out_segment&>(*node);
        if (segment.writer && segment.writer->unsent_ != 0) {
            segment.writer->unsent_ = 0;
            done_.push_back(*segment.writer);
        }
        drop(segment);
    }
    size_ = 0;
}

} // namespace eddy::detail
