// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/wire/refusal.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace eddy::wire {

/// The message is not whole: from its first byte on, at least `size` bytes are needed to say more.
struct need {
    std::size_t size;
};

/// Why there is no message: what is needed, or refused.
struct no_message {
    std::size_t needed;
    refusal why;
};

/// What a codec finds at the beginning of bytes: a message, the beginning of one, or neither.
template <class Message>
class decoded {
public:
    /// A whole message, made of the first `size` bytes, at least one.
    decoded(Message message, std::size_t size) : message_(std::move(message)), size_(size) {}
    // Implicit on purpose: `return need{4};` and `return refusal::malformed(…);` read well.
    decoded(need more) noexcept : size_(more.size) {}
    decoded(const refusal& why) noexcept : refusal_(why) {}
    decoded(const wire::no_message& none) noexcept : size_(none.needed), refusal_(none.why) {}

    [[nodiscard]] bool has_message() const noexcept { return message_.has_value(); }
    explicit operator bool() const noexcept { return has_message(); }

    /// The message, which must be there. A view of the bytes, as a rule: valid as long as they are.
    [[nodiscard]] Message& operator*() & noexcept { return *message_; }
    [[nodiscard]] const Message& operator*() const& noexcept { return *message_; }
    [[nodiscard]] Message&& operator*() && noexcept { return *std::move(message_); }
    [[nodiscard]] const Message* operator->() const noexcept { return message_.operator->(); }

    /// Bytes that the message takes; without a message those that are needed at least.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Why no message can begin with these bytes, if none can.
    [[nodiscard]] const refusal& why() const noexcept { return refusal_; }
    /// The same for a codec with other messages: `if (!found) { return found.no_message(); }`.
    ///
    /// @param before  Bytes of its message that stand before those that were decoded here.
    [[nodiscard]] wire::no_message no_message(std::size_t before = 0) const noexcept {
        return {before + size_, refusal_.from(before)};
    }

private:
    std::optional<Message> message_;
    std::size_t size_ = 0;
    refusal refusal_;
};

} // namespace eddy::wire
