// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/channel.hpp>

#include <memory>
#include <mutex>

namespace eddy::detail {

/// A queue of items of a type that only its `item_type` knows. Not thread-safe.
class item_ring {
public:
    explicit item_ring(const item_type& items) noexcept : type_(&items) {}
    item_ring(const item_ring&) = delete;
    item_ring& operator=(const item_ring&) = delete;
    ~item_ring();

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Makes room for one more item. The only call that may throw.
    void reserve_one();

    /// Moves the item in; there must be room.
    void push(void* item) noexcept;

    /// Moves the oldest item to `to`; there must be one.
    void pop(void* to) noexcept;

private:
    [[nodiscard]] void* at(std::size_t index) const noexcept;

    const item_type* type_;
    std::byte* storage_ = nullptr;
    std::size_t room_ = 0;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

/// The channel itself.
///
/// Items stay in the ring until a receiver has resumed: to wake one is to reserve an item for it.
/// So nothing is lost when a receiver that was woken is destroyed instead: its reservation goes to
/// the next.
///
/// A waiter belongs to a loop; to wake one of another loop, a message goes there that holds this
/// state and not the waiter, which may be gone when the message arrives. A waiter that waits or is
/// woken is linked here and takes the mutex to leave, hence under the mutex it is alive, and its
/// loop too.
///
/// Every call that may throw (`announce`, `reserve_one`) is made before anything is changed.
class channel_state : public std::enable_shared_from_this<channel_state> {
public:
    channel_state(std::size_t capacity, const item_type& items) noexcept
        : capacity_(capacity), items_(items) {}

    error_code try_send(void* item);
    error_code try_receive(void* item);
    void close();

    bool start(channel_waiter& waiter);
    void stop(channel_waiter& waiter) noexcept;
    void leave(channel_waiter& waiter) noexcept;
    void collect(channel_waiter& receiver) noexcept;

private:
    using direction = channel_waiter::direction;
    using phase = channel_waiter::phase;

    [[nodiscard]] error_code send(void* item);
    [[nodiscard]] error_code make_available();
    [[nodiscard]] std::size_t available() const noexcept { return items_.size() - reserved_; }
    [[nodiscard]] static channel_waiter* front(const intrusive_list& waiters) noexcept;

    void announce(const channel_waiter& waiter);
    void wake(channel_waiter& waiter, phase outcome) noexcept;
    void grant(channel_waiter& receiver) noexcept;
    void deliver(const loop& to) noexcept;

    std::mutex mutex_;
    const std::size_t capacity_;
    item_ring items_;
    std::size_t reserved_ = 0; // items that woken receivers will take
    intrusive_list senders_;   // only while the channel is full
    intrusive_list receivers_; // only while nothing is available
    intrusive_list woken_; // waiters of other loops than the waker's; a message is on its way to
                           // each of these loops
    bool is_closed_ = false;
};

} // namespace eddy::detail
