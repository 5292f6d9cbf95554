// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace eddy {

/// A message that owns its bytes, for one that has to outlast the next read.
///
/// Its memory is used again by the next `hold`. A move takes the bytes along: what refers to them
/// stays valid.
template <wire::codec Codec>
class held_message {
public:
    using message = typename Codec::message;

    held_message() noexcept = default;
    held_message(held_message&&) noexcept = default;
    held_message& operator=(held_message&&) noexcept = default;

    /// Copies the bytes of one whole message, and finds it there again.
    ///
    /// @param raw    As `framed::raw` gives them.
    /// @param codec  Finds the message without having seen those before; throws `std::logic_error`
    ///               when it does not.
    void hold(std::span<const std::byte> raw, Codec codec) {
        message_.reset();
        bytes_.assign(raw.begin(), raw.end());
        auto found = codec.decode(std::span<const std::byte>(bytes_));
        if (!found) {
            throw std::logic_error("eddy: held_message: the codec does not find its message again");
        }
        message_.emplace(*std::move(found));
    }

    [[nodiscard]] bool has_message() const noexcept { return message_.has_value(); }

    /// The message, which must be there.
    [[nodiscard]] const message& operator*() const noexcept { return *message_; }
    [[nodiscard]] const message* operator->() const noexcept { return message_.operator->(); }

private:
    std::vector<std::byte> bytes_;
    std::optional<message> message_;
};

} // namespace eddy
