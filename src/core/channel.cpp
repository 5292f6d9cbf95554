// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/channel.hpp>
#include <eddy/core/loop.hpp>

#include "core/channel_state.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>

namespace eddy::detail {

item_ring::~item_ring() {
    for (std::size_t i = 0; i < size_; ++i) {
        type_->destroy(at(i));
    }
    ::operator delete(storage_, std::align_val_t(type_->alignment));
}

void* item_ring::at(std::size_t index) const noexcept {
    std::size_t place = first_ + index;
    place -= place < room_ ? 0 : room_;
    return storage_ + place * type_->size;
}

void item_ring::reserve_one() {
    if (size_ < room_) {
        return;
    }
    const std::size_t room = std::max<std::size_t>(4, 2 * room_);
    auto* larger = static_cast<std::byte*>(
        ::operator new(room * type_->size, std::align_val_t(type_->alignment))
    );
    for (std::size_t i = 0; i < size_; ++i) {
        type_->move(larger + i * type_->size, at(i));
        type_->destroy(at(i));
    }
    ::operator delete(storage_, std::align_val_t(type_->alignment));
    storage_ = larger;
    room_ = room;
    first_ = 0;
}

void item_ring::push(void* item) noexcept {
    type_->move(at(size_), item);
    ++size_;
}

void item_ring::pop(void* to) noexcept {
    type_->move(to, at(0));
    type_->destroy(at(0));
    first_ = first_ + 1 == room_ ? 0 : first_ + 1;
    --size_;
}

channel_waiter* channel_state::front(const intrusive_list& waiters) noexcept {
    return static_cast<channel_waiter*>(waiters.front());
}

error_code channel_state::send(void* item) {
    if (is_closed_) {
        return errc::closed;
    }
    auto* receiver = front(receivers_);
    if (!receiver && available() >= capacity_) {
        return errc::would_block;
    }
    items_.reserve_one();
    if (receiver) {
        announce(*receiver);
    }
    items_.push(item);
    if (receiver) {
        grant(*receiver);
    }
    return {};
}

// Afterwards an item is available, and its place is given to the first sender that waits.
error_code channel_state::make_available() {
    auto* sender = available() <= capacity_ ? front(senders_) : nullptr;
    if (sender) {
        items_.reserve_one();
        announce(*sender);
        items_.push(sender->item_);
        wake(*sender, phase::done);
    }
    if (available() != 0) {
        return {};
    }
    return is_closed_ ? errc::closed : errc::would_block;
}

error_code channel_state::try_send(void* item) {
    const std::lock_guard lock(mutex_);
    return send(item);
}

error_code channel_state::try_receive(void* item) {
    const std::lock_guard lock(mutex_);
    const auto error = make_available();
    if (!error) {
        items_.pop(item);
    }
    return error;
}

void channel_state::close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (auto* waiters : {&senders_, &receivers_}) {
        while (auto* waiter = front(*waiters)) {
            announce(*waiter);
            wake(*waiter, phase::closed);
        }
    }
}

bool channel_state::start(channel_waiter& waiter) {
    const std::lock_guard lock(mutex_);
    const bool is_sender = waiter.side_ == direction::send;
    const error_code error = waiter.is_stopping() ? error_code(errc::would_block)
                             : is_sender          ? send(waiter.item_)
                                                  : make_available();
    if (error == errc::would_block) {
        waiter.phase_ = phase::waiting;
        (is_sender ? senders_ : receivers_).push_back(waiter);
        return true;
    }
    const bool may_go_on = waiter.owner().spend();
    waiter.phase_ = error ? phase::closed : phase::done;
    if (!error && !is_sender) {
        if (may_go_on) {
            items_.pop(waiter.item_);
        } else {
            ++reserved_;
            waiter.phase_ = phase::granted;
        }
    }
    if (!may_go_on) {
        waiter.wake();
    }
    return !may_go_on;
}

// Posts to the waiter's loop, if the waiter is another loop's; nothing is changed when that throws.
void channel_state::announce(const channel_waiter& waiter) {
    auto& to = waiter.owner();
    const auto* last = static_cast<const channel_waiter*>(woken_.back());
    if (to.is_current() || (last && &last->owner() == &to)) {
        return; // the message for the last one will find this one too
    }
    to.post([self = shared_from_this(), &to] { self->deliver(to); });
}

void channel_state::wake(channel_waiter& waiter, phase outcome) noexcept {
    waiter.phase_ = outcome;
    if (waiter.owner().is_current()) {
        waiter.wake();
    } else {
        woken_.push_back(waiter);
    }
}

void channel_state::grant(channel_waiter& receiver) noexcept {
    ++reserved_;
    wake(receiver, phase::granted);
}

void channel_state::deliver(const loop& to) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto* node = woken_.front(); node;) {
        auto& waiter = static_cast<channel_waiter&>(*node);
        node = woken_.next(*node);
        if (&waiter.owner() == &to) {
            waiter.wake();
        }
    }
}

void channel_state::stop(channel_waiter& waiter) noexcept {
    const std::lock_guard lock(mutex_);
    if (waiter.phase_ == phase::waiting) {
        waiter.phase_ = phase::cancelled;
        waiter.wake();
    }
}

void channel_state::leave(channel_waiter& waiter) noexcept {
    const std::lock_guard lock(mutex_);
    waiter.unlink();
    if (waiter.phase_ != phase::granted) {
        return;
    }
    --reserved_;
    if (auto* next = front(receivers_)) {
        try {
            announce(*next);
            grant(*next);
        } catch (const std::bad_alloc&) {
            // The item stays available; the receiver gets it, or a later one, with the next send.
        }
    }
}

void channel_state::collect(channel_waiter& receiver) noexcept {
    const std::lock_guard lock(mutex_);
    --reserved_;
    items_.pop(receiver.item_);
}

channel_waiter::channel_waiter(std::shared_ptr<channel_state> channel, direction side) noexcept
    : channel_(std::move(channel)), side_(side) {}

channel_waiter::~channel_waiter() = default;

bool channel_waiter::start() {
    is_suspended_ = channel_->start(*this);
    return is_suspended_;
}

void channel_waiter::on_stop() noexcept {
    channel_->stop(*this);
}

void channel_waiter::leave() noexcept {
    if (is_suspended_) {
        channel_->leave(*this);
    }
}

error_code channel_waiter::finish() noexcept {
    is_suspended_ = false;
    switch (phase_) {
    case phase::granted:
        channel_->collect(*this);
        return {};
    case phase::cancelled:
        return errc::cancelled;
    case phase::closed:
        return errc::closed;
    case phase::waiting: // never: nobody resumes a waiter that still waits
    case phase::done:
        break;
    }
    return {};
}

std::shared_ptr<channel_state> make_channel(std::size_t capacity, const item_type& items) {
    return std::make_shared<channel_state>(capacity, items);
}

error_code try_send(channel_state& channel, void* item) {
    return channel.try_send(item);
}

error_code try_receive(channel_state& channel, void* item) {
    return channel.try_receive(item);
}

void close(channel_state& channel) {
    channel.close();
}

} // namespace eddy::detail
