// SPDX-License-Identifier: BSL-1.0
#include "net/outbox.hpp"

#include <eddy/net/stream.hpp>

#include "platform/byte_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace eddy::detail {
namespace {

/// Bytes that a block has room for.
constexpr std::size_t block_room = block_pool::block_size - sizeof(out_segment);

/// A segment of copied bytes stands at the head of its own block.
std::size_t room_in(const out_segment& segment) noexcept {
    const auto* block_end = segment.owned->data + segment.owned->size;
    return static_cast<std::size_t>(block_end - (segment.begin + segment.size));
}

} // namespace

/// Where a message goes that is in one piece when it is sent; null when it needs several blocks.
std::byte* outbox::room_for(std::size_t whole) {
    if (!tail_ && whole <= block_room) {
        open_block();
    }
    if (!tail_ || room_in(*tail_) < whole) {
        return nullptr;
    }
    auto* to = const_cast<std::byte*>(tail_->begin + tail_->size);
    tail_->size += whole;
    size_ += whole;
    return to;
}

void outbox::copy(std::span<const std::byte> message) {
    if (message.empty()) {
        return;
    }
    if (std::byte* const to = room_for(message.size())) {
        std::memcpy(to, message.data(), message.size());
        return;
    }
    std::array<out_segment, 1> only;
    only[0].begin = message.data();
    only[0].size = message.size();
    copy_into_blocks(only);
}

void outbox::copy(std::span<const out_segment> parts, std::size_t whole) {
    if (whole == 0) {
        return;
    }
    if (std::byte* to = room_for(whole)) [[likely]] {
        for (const auto& part : parts) {
            to = std::copy_n(part.begin, part.size, to);
        }
        return;
    }
    copy_into_blocks(parts);
}

void outbox::copy_into_blocks(std::span<const out_segment> parts) {
    const list_node* const last = segments_.back();
    out_segment* const tail = tail_;
    const std::size_t tail_size = tail ? tail->size : 0;
    const std::size_t size = size_;
    try {
        for (const auto& part : parts) {
            append({part.begin, part.size});
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

/// What a pipe holds is memory too.
void outbox::account(const out_segment& segment, std::size_t more, std::size_t less) noexcept {
    if (segment.source && segment.source->offset == splice_source::is_pipe) {
        memory_ += more - less;
        blocks_->outbox_bytes().add(more);
        blocks_->outbox_bytes().subtract(less);
    }
}

void outbox::borrow(write_awaiter& writer) noexcept {
    for (auto& segment : writer.parts()) {
        if (segment.size != 0) {
            segment.writer = &writer;
            segments_.push_back(segment);
            account(segment, segment.size, 0);
            writer.unsent_ += segment.size;
        }
    }
    size_ += writer.unsent_;
    tail_ = nullptr;
}

void outbox::release(write_awaiter& writer) {
    const bool stays = writer.keeps_ || writer.is_begun_;
    for (auto& segment : writer.parts()) {
        const bool is_of_file = segment.source && segment.source->offset != splice_source::is_pipe;
        if (segment.is_linked() && stays && !is_of_file) {
            keep(segment);
        } else if (segment.is_linked()) {
            size_ -= segment.size;
            segment.unlink();
        }
    }
    writer.unsent_ = 0;
    tail_ = nullptr;
}

/// Behind its place in the line, then into it: the bytes that follow must not overtake.
void outbox::keep(out_segment& segment) {
    block& taken = take_block(sizeof(out_segment) + segment.size);
    auto* copied = ::new (taken.data) out_segment;
    auto* bytes = taken.data + sizeof(out_segment);
    if (segment.source) {
        platform::read_pipe(segment.source->descriptor, {bytes, segment.size});
        account(segment, 0, segment.size);
    } else {
        std::memcpy(bytes, segment.begin, segment.size);
    }
    copied->begin = bytes;
    copied->size = segment.size;
    copied->owned = &taken;
    segment.replace_by(*copied);
}

splice_source* outbox::source() const noexcept {
    const auto* first = static_cast<const out_segment*>(segments_.front());
    return first ? first->source : nullptr;
}

std::size_t outbox::source_size() const noexcept {
    return source() ? static_cast<const out_segment*>(segments_.front())->size : 0;
}

void outbox::drop_source() noexcept {
    sent(source_size());
}

std::span<const std::byte> outbox::only_part(std::size_t most) const noexcept {
    const auto* first = static_cast<const out_segment*>(segments_.front());
    if (!first || first != segments_.back() || first->source) {
        return {};
    }
    return {first->begin, std::min(first->size, most)};
}

std::span<const std::span<const std::byte>>
outbox::gather(gather_list& list, std::size_t most) const noexcept {
    std::size_t count = 0;
    for (auto* node = segments_.front(); node && most != 0 && count != list.size();
         node = segments_.next(*node)) {
        const auto& segment = static_cast<const out_segment&>(*node);
        if (segment.source) {
            break;
        }
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
        segment.begin += segment.source ? 0 : part;
        segment.size -= part;
        count -= part;
        if (segment.writer) [[unlikely]] {
            tell(segment, part);
        }
        if (segment.size == 0) {
            drop(segment);
        }
    }
}

/// Those who wait for bytes of their own to go.
void outbox::tell(const out_segment& segment, std::size_t sent) noexcept {
    account(segment, 0, sent);
    write_awaiter& writer = *segment.writer;
    writer.is_begun_ = true;
    writer.unsent_ -= sent;
    if (writer.unsent_ == 0) {
        done_.push_back(writer);
    }
}

void outbox::drop(out_segment& segment) noexcept {
    if (&segment == tail_) {
        tail_ = nullptr;
    }
    segment.unlink();
    block* const owned = segment.owned;
    if (!owned) {
        account(segment, 0, segment.size);
        return;
    }
    memory_ -= owned->size;
    blocks_->outbox_bytes().subtract(owned->size);
    segment.~out_segment();
    blocks_->give_back(*owned);
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
