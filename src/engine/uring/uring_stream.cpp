// SPDX-License-Identifier: BSL-1.0
#include "engine/uring/uring_stream.hpp"

#include <eddy/core/loop.hpp>

#include "engine/posix/byte_io.hpp"
#include "engine/posix/socket.hpp"
#include "engine/posix/splice.hpp"
#include "engine/uring/uring_engine.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <utility>

namespace eddy::detail {
namespace {

/// From this size on messages are received and sent one by one, by calls: those of many sessions at
/// once would not fit the processor's cache.
constexpr std::size_t large_min = buffer_ring::buffer_size;

/// Of poll(2): the bytes may have an end.
constexpr int tells_of_end = POLLRDHUP | POLLERR | POLLHUP;

/// After so many shorter ones the ring receives again.
constexpr std::uint8_t large_memory = 8;

} // namespace

uring_stream::uring_stream(platform::unique_fd socket) noexcept : fd_(std::move(socket)) {}

uring_stream::~uring_stream() {
    if (!engine_) {
        return;
    }
    cancel_write();
    bool cancels = false;
    const auto end = [&](bool is_asked, request what) {
        cancels = (is_asked && !engine_->cancel(slot_, what)) || cancels;
    };
    end(is_receiving_, request::receive); // the last bytes may come by that
    end(asked_readable_, request::readable);
    end(asked_room_, request::room);
    unlink();
    engine_->leave(slot_);
    if (first_) {
        abort(); // as the system does when bytes are unread; it cannot know of these
    }
    while (first_) {
        engine_->buffers().give_back(pop_chunk());
    }
    fd_.reset();
    if (cancels) {
        engine_->settle();
    }
}

error_code uring_stream::attach(loop& owner) {
    auto* driver = dynamic_cast<uring_engine*>(&owner.driver());
    if (!driver) {
        return errc::not_supported; // it was accepted on a loop with another engine
    }
    try {
        slot_ = driver->enter(*this);
    } catch (const std::bad_alloc&) {
        return make_error_code(std::errc::not_enough_memory);
    }
    engine_ = driver;
    owner_ = &owner;
    return {};
}

// Outcomes of the ring.

bool uring_stream::note(const outcome& what) noexcept {
    switch (what.of) {
    case request::receive:
        return note_receive(what);
    case request::readable:
        asked_readable_ = what.goes_on;
        may_end_ = may_end_ || (what.result > 0 && (what.result & tells_of_end) != 0);
        likely_readable_ = true; // for the next reader, when there is none
        read_is_noted_ = read_is_noted_ || read_;
        return read_is_noted_;
    case request::room:
        asked_room_ = false;
        write_is_noted_ = sending_ == sending::blocked;
        return write_is_noted_;
    default:
        return note_send(what);
    }
}

bool uring_stream::note_receive(const outcome& what) noexcept {
    is_receiving_ = what.goes_on;
    owner_->counts().receives.add(1);
    if (what.buffer >= 0) {
        weigh(static_cast<std::size_t>(what.result));
        push_chunk(engine_->buffers().taken(
            static_cast<unsigned>(what.buffer), static_cast<std::size_t>(what.result)
        ));
    } else if (what.result == 0) {
        end_ = errc::end_of_stream;
    } else if (what.result == -ENOBUFS) {
        is_starved_ = true;
    } else if (what.result != -ECANCELED && what.result != -EINTR && what.result != -EAGAIN) {
        end_ = posix::stream_error(-what.result);
    }
    read_is_noted_ = true;
    return true;
}

bool uring_stream::note_send(const outcome& what) noexcept {
    if (sending_ != sending::prepared) {
        return false;
    }
    sending_ = sending::made;
    sent_ = what.result;
    write_is_noted_ = true;
    return true;
}

/// One side at a time: what it tells may destroy this.
bool uring_stream::tell() noexcept {
    if (std::exchange(write_is_noted_, false)) {
        if (read_is_noted_) {
            engine_->tell_later(*this);
        }
        tell_writer();
        return false;
    }
    if (std::exchange(read_is_noted_, false)) {
        tell_reader();
    }
    return true;
}

void uring_stream::ask_again(bool ring_is_new) noexcept {
    if (ring_is_new) {
        is_receiving_ = asked_readable_ = asked_room_ = false;
        if (sending_ == sending::prepared) { // in the ring that is no more
            sending_ = sending::blocked;
        }
    }
    if (read_) {
        ask_for(*read_);
    }
    if (sending_ == sending::blocked) {
        ask_room();
    }
}

// Receiving.

bool uring_stream::start_read(read_op& op) {
    if (take_arrived(op)) {
        return true;
    }
    // The kernel receives only while the ring is entered, and what it received then has been
    // taken: what is in the socket now is next.
    const bool asks_socket = is_starved_ || likely_readable_ || op.pipe || !op.wait;
    if (asks_socket && (op.pipe ? splice_now(op) : receive_now(op))) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    read_ = &op;
    ask_for(op);
    return false;
}

void uring_stream::ask_for(const read_op& op) noexcept {
    is_starved_ = false;
    if (op.pipe || large_ != 0) {
        ask_readable();
    } else {
        ask_receive();
    }
}

void uring_stream::ask_readable() noexcept {
    if (is_receiving_) { // it would take the bytes away
        is_receiving_ = !engine_->cancel(slot_, request::receive);
    }
    if (asked_readable_) {
        return;
    }
    if (::io_uring_sqe* entry = engine_->ask(slot_, request::readable)) {
        ::io_uring_prep_poll_multishot(entry, fd_.get(), POLLIN | POLLRDHUP);
        asked_readable_ = true;
    }
}

void uring_stream::ask_receive() noexcept {
    if (asked_readable_) {
        asked_readable_ = !engine_->cancel(slot_, request::readable);
    }
    if (is_receiving_) {
        return;
    }
    if (::io_uring_sqe* entry = engine_->ask(slot_, request::receive)) {
        ::io_uring_prep_recv_multishot(entry, fd_.get(), nullptr, 0, 0);
        entry->flags |= IOSQE_BUFFER_SELECT;
        entry->buf_group = buffer_ring::group;
        is_receiving_ = true;
    }
}

void uring_stream::tell_reader() noexcept {
    if (!read_) {
        // The first bytes without a reader may be ahead of one that is about to come.
        if (first_ && std::exchange(lags_, true) && is_receiving_) {
            engine_->cancel(slot_, request::receive);
        }
        return;
    }
    read_op& op = *std::exchange(read_, nullptr);
    if (start_read(op)) {
        op.complete(op);
    }
}

/// Gives what has arrived, or its end. False when there is neither.
bool uring_stream::take_arrived(read_op& op) {
    if (!first_) {
        op.bytes = 0;
        op.error = end_;
        if (end_) {
            end_ = errc::end_of_stream; // an error is told once, as by the socket
        }
        return static_cast<bool>(op.error);
    }
    lags_ = false;
    op.error = {};
    if (op.pipe) {
        move_chunk(op);
        return true;
    }
    if (!op.into.empty()) {
        op.bytes = copy_chunks(op.into);
        return true;
    }
    try {
        op.lent = owner_->blocks().take();
        op.bytes = copy_chunks({op.lent->data, op.lent->size});
    } catch (const std::bad_alloc&) {
        op.error = make_error_code(std::errc::not_enough_memory);
        op.bytes = 0;
    }
    return true;
}

/// Receives without the ring. False when nothing has arrived.
bool uring_stream::receive_now(read_op& op) {
    std::span<std::byte> into = op.into;
    if (into.empty()) {
        try {
            op.lent = owner_->blocks().take();
        } catch (const std::bad_alloc&) {
            op.error = make_error_code(std::errc::not_enough_memory);
            return true;
        }
        into = {op.lent->data, op.lent->size};
    }
    owner_->counts().receives.add(1);
    const bool is_over = posix::note(op, posix::receive(fd_.get(), into));
    // A full buffer tells that there is more. The end of the stream is told of once, perhaps
    // together with the bytes before it.
    likely_readable_ = is_over && (may_end_ || op.bytes == 0 || op.bytes == into.size());
    owner_->heard(op.bytes);
    weigh(op.bytes);
    if (op.bytes == 0) {
        op.lent.reset();
    }
    return is_over;
}

/// Learns what the peer sends.
void uring_stream::weigh(std::size_t received) noexcept {
    if (received >= large_min) {
        large_ = large_memory;
    } else if (large_ != 0 && received != 0) {
        --large_;
    }
}

bool uring_stream::splice_now(read_op& op) const noexcept {
    owner_->counts().receives.add(1);
    return posix::note(op, posix::splice_from(fd_.get(), *op.pipe));
}

/// What the ring had received before the bytes were to go into a pipe.
void uring_stream::move_chunk(read_op& op) noexcept {
    const std::span<const std::byte> all = first_->bytes();
    const std::span<const std::byte> part = all.first(std::min(all.size(), op.pipe->room));
    const auto done = posix::write(op.pipe->pipe, {&part, 1});
    op.bytes = done.bytes;
    op.error = done.failure == 0 ? error_code() : posix::code_of(done.failure);
    first_->begin += static_cast<std::uint32_t>(op.bytes);
    if (first_->begin == first_->end) {
        engine_->buffers().give_back(pop_chunk());
    }
}

void uring_stream::push_chunk(ring_buffer& chunk) noexcept {
    if (first_) {
        last_->next = &chunk;
    } else {
        first_ = &chunk;
    }
    last_ = &chunk;
}

ring_buffer& uring_stream::pop_chunk() noexcept {
    ring_buffer& chunk = *first_;
    first_ = std::exchange(chunk.next, nullptr);
    return chunk;
}

std::size_t uring_stream::copy_chunks(std::span<std::byte> into) noexcept {
    std::size_t copied = 0;
    while (first_ && copied < into.size()) {
        const auto from = first_->bytes();
        const std::size_t count = std::min(from.size(), into.size() - copied);
        std::memcpy(into.data() + copied, from.data(), count);
        copied += count;
        first_->begin += static_cast<std::uint32_t>(count);
        if (first_->begin == first_->end) {
            engine_->buffers().give_back(pop_chunk());
        }
    }
    return copied;
}

// Sending.

bool uring_stream::start_write(write_op& op) {
    owner_->counts().sends.add(1);
    const bool is_small = op.buffers.size() == 1 && op.buffers.front().size() < large_min;
    if (!op.source && is_small && !std::exchange(was_full_, false) && engine_->gathers_sends()) {
        if (::io_uring_sqe* entry = engine_->ask(slot_, request::send)) {
            prepared_ = op.buffers.front();
            // MSG_DONTWAIT: it is made or fails while the ring is entered; see send_now.
            ::io_uring_prep_send(
                entry, fd_.get(), prepared_.data(), prepared_.size(), MSG_DONTWAIT | MSG_NOSIGNAL
            );
            sending_ = sending::prepared;
            op.is_on_its_way = true;
            write_ = &op;
            engine_->gathered_send();
            return false;
        }
    }
    if (op.source ? splice_out_now(op) : send_now(op, op.buffers)) {
        return true;
    }
    write_ = &op;
    sending_ = sending::blocked;
    ask_room();
    return false;
}

/// False when there is no room.
bool uring_stream::send_now(write_op& op, std::span<const std::span<const std::byte>> buffers)
    const noexcept {
    return posix::note(op, posix::send(fd_.get(), buffers));
}

bool uring_stream::splice_out_now(write_op& op) const noexcept {
    return posix::note(op, posix::splice_to(fd_.get(), *op.source, op.source_size));
}

void uring_stream::ask_room() noexcept {
    if (asked_room_) {
        return;
    }
    if (::io_uring_sqe* entry = engine_->ask(slot_, request::room)) {
        ::io_uring_prep_poll_add(entry, fd_.get(), POLLOUT);
        asked_room_ = true;
    }
}

void uring_stream::tell_writer() noexcept {
    write_op& op = *std::exchange(write_, nullptr);
    const bool is_made = std::exchange(sending_, sending::nothing) == sending::made;
    const int sent = is_made ? sent_ : 0;
    op.bytes = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    was_full_ = sent == -EAGAIN;
    if (sent < 0 && !was_full_ && sent != -EINTR) {
        op.error = posix::stream_error(-sent);
    }
    op.complete(op); // with nothing sent it is started again
}

void uring_stream::cancel_write() noexcept {
    write_is_noted_ = false;
    switch (std::exchange(sending_, sending::nothing)) {
    case sending::prepared:
        engine_->cancel(slot_, request::send);
        // Whoever cancels expects what there is room for to be on its way.
        send_now(*write_, {&prepared_, 1});
        break;
    case sending::made:
        write_->bytes = sent_ > 0 ? static_cast<std::size_t>(sent_) : 0;
        break;
    default:
        break;
    }
    write_ = nullptr;
}

void uring_stream::shutdown_send() noexcept {
    posix::shutdown_send(fd_.get());
}

void uring_stream::abort() noexcept {
    posix::reset_on_close(fd_.get());
}

address uring_stream::local() const {
    return posix::local_address(fd_.get());
}

address uring_stream::peer() const {
    return posix::peer_address(fd_.get());
}

} // namespace eddy::detail
