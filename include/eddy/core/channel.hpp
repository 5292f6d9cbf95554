// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/result.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace eddy {

namespace detail {

/// What a channel has to know about its items; all else about them is the same for every type.
struct item_type {
    std::size_t size;
    std::size_t alignment;
    void (*move)(void* to, void* from) noexcept; ///< Constructs in `to`.
    void (*destroy)(void* item) noexcept;
};

template <class Item>
inline constexpr item_type item_type_of{
    sizeof(Item),
    alignof(Item),
    [](void* to, void* from) noexcept { ::new (to) Item(std::move(*static_cast<Item*>(from))); },
    [](void* item) noexcept { static_cast<Item*>(item)->~Item(); },
};

/// Room for an item that comes later.
template <class Item>
class item_slot {
public:
    item_slot() noexcept {}
    item_slot(const item_slot&) = delete;
    item_slot& operator=(const item_slot&) = delete;
    ~item_slot() {
        if (is_full_) {
            item_.~Item();
        }
    }

    [[nodiscard]] void* address() noexcept { return static_cast<void*>(&item_); }

    /// Takes what was constructed at `address()`, or gives `error` when nothing was.
    [[nodiscard]] result<Item> take(error_code error) {
        if (error) {
            return error;
        }
        is_full_ = true;
        return std::move(item_);
    }

private:
    union {
        Item item_;
    };
    bool is_full_ = false;
};

class channel_state;

/// A task that sends or receives. What other loops may touch of it they touch under the channel's
/// mutex.
class EDDY_EXPORT channel_waiter : public waiter {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

protected:
    enum class direction { send, receive };

    channel_waiter(std::shared_ptr<channel_state> channel, direction side) noexcept;
    virtual ~channel_waiter();

    /// Where the item is, or where it shall go. For derived constructors.
    void set_item(void* item) noexcept { item_ = item; }

    /// Leaves the channel, if the wait is not over. For derived destructors: before the item is
    /// gone.
    void leave() noexcept;

    /// Ends the wait. A receiver's item is in place when this gives no error.
    [[nodiscard]] error_code finish() noexcept;

private:
    friend class channel_state;
    enum class phase { waiting, granted, done, cancelled, closed };

    bool start() final;
    void on_stop() noexcept final;

    std::shared_ptr<channel_state> channel_;
    void* item_ = nullptr;
    direction side_;
    phase phase_ = phase::done;
    bool is_suspended_ = false; // this loop's only, unlike phase_
};

EDDY_EXPORT std::shared_ptr<channel_state>
make_channel(std::size_t capacity, const item_type& items);
EDDY_EXPORT error_code try_send(channel_state& channel, void* item);
EDDY_EXPORT error_code try_receive(channel_state& channel, void* item);
EDDY_EXPORT void close(channel_state& channel);

} // namespace detail

/// A bounded queue between tasks, of one loop or of several. First in, first out.
///
/// The object is a handle: copies are the same channel, which lives as long as the last of them and
/// the last task that waits. A channel of capacity 0 has no queue: `send` waits until a receiver is
/// there to take the item.
///
/// @tparam Item  Moved from sender to receiver, perhaps by a third thread; its move constructor
/// must not throw.
///
/// @par Thread safety
/// All of it from any task of any loop; the `try_` functions and `close` from any thread.
template <class Item>
class channel {
    static_assert(std::is_nothrow_move_constructible_v<Item>, "a channel cannot undo half a move");

public:
    class send_awaiter final : public detail::channel_waiter {
    public:
        send_awaiter(std::shared_ptr<detail::channel_state> to, Item&& item) noexcept
            : channel_waiter(std::move(to), direction::send), item_(std::move(item)) {
            set_item(&item_);
        }
        ~send_awaiter() { leave(); }

        result<void> await_resume() noexcept { return finish(); }

    private:
        Item item_;
    };

    class receive_awaiter final : public detail::channel_waiter {
    public:
        explicit receive_awaiter(std::shared_ptr<detail::channel_state> from) noexcept
            : channel_waiter(std::move(from), direction::receive) {
            set_item(slot_.address());
        }
        ~receive_awaiter() { leave(); }

        result<Item> await_resume() { return slot_.take(finish()); }

    private:
        detail::item_slot<Item> slot_;
    };

    explicit channel(std::size_t capacity)
        : state_(detail::make_channel(capacity, detail::item_type_of<Item>)) {}

    /// Puts an item into the channel; waits while it is full.
    ///
    /// @par Errors
    /// - errc::closed    - the channel was closed; the item is dropped.
    /// - errc::cancelled - the task was stopped; the item is dropped.
    ///
    /// @par Cancellation
    /// An item is either sent or dropped; the result says which. A task that was stopped before
    /// sends nothing.
    [[nodiscard]] send_awaiter send(Item item) { return send_awaiter(state_, std::move(item)); }

    /// Takes the oldest item; waits while there is none.
    ///
    /// @par Errors
    /// - errc::closed    - the channel was closed and has nothing left.
    /// - errc::cancelled - the task was stopped, also when there are items.
    ///
    /// @par Cancellation
    /// Cancel-safe: a receive that is cancelled, or destroyed at any time, takes nothing.
    [[nodiscard]] receive_awaiter receive() { return receive_awaiter(state_); }

    /// As `send`, with `errc::would_block` instead of waiting. `item` is moved from only by
    /// success.
    result<void> try_send(Item&& item) { return detail::try_send(*state_, &item); }

    /// As `receive`, with `errc::would_block` instead of waiting.
    result<Item> try_receive() {
        detail::item_slot<Item> slot;
        const auto error = detail::try_receive(*state_, slot.address());
        return slot.take(error);
    }

    /// Ends every `send` with `errc::closed`; receivers get what the channel holds, then
    /// `errc::closed`.
    void close() { detail::close(*state_); }

private:
    std::shared_ptr<detail::channel_state> state_;
};

} // namespace eddy
