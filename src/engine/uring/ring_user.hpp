// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/intrusive_list.hpp>

#include <cstdint>

namespace eddy::detail {

/// What was asked of the ring: a part of the number that comes back with the outcome.
enum class request : std::uint8_t {
    nothing, ///< Of no interest to anybody: a cancellation, or what took the place of a request.
    alarm,   ///< Other threads wake the loop.
    clock,   ///< The far clock rings.
    readable,
    writable,
    receive,
    send,
    room,
    accept,
};

/// The outcome of a request, as io_uring_enter(2) tells it.
struct outcome {
    request of;
    int result;
    bool goes_on; ///< More of the same request follow.
    int buffer;   ///< The number of the provided buffer that holds the bytes; -1: none.
};

/// Somebody who has requests in the ring.
///
/// Outcomes are taken down first, for all of a wait, and told afterwards: whoever is told may then
/// cancel, close and start whatever he likes, and nothing that is under way is in doubt.
class ring_user : public list_node {
public:
    /// Takes down what came out. True when it is to be told.
    virtual bool note(const outcome& what) noexcept = 0;
    /// Tells whoever waits for it. May be destroyed by that. False when that is little work: so of
    /// sends that are done, for which hardly anybody waits.
    virtual bool tell() noexcept = 0;
    /// Asks again for what it wants and could not ask for, or asked of a ring that is no more.
    virtual void ask_again(bool ring_is_new) noexcept = 0;

protected:
    ~ring_user() = default;
};

} // namespace eddy::detail
