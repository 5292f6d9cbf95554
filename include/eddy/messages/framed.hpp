// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/session.hpp>
#include <eddy/wire/codec.hpp>

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace eddy {
namespace detail {

/// Writes one frame; holds what stands before and behind the message until it has gone.
class write_frame_awaiter {
public:
    write_frame_awaiter(session& to, const wire::encoded& made)
        : encoded_(made), write_(to.write(encoded_->head, encoded_->body, encoded_->tail)) {}

    [[nodiscard]] bool await_ready() { return !encoded_ || write_.await_ready(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting) {
        return write_.await_suspend(waiting);
    }
    result<void> await_resume() noexcept {
        return encoded_ ? write_.await_resume() : result<void>(encoded_.why().code());
    }

private:
    wire::encoded encoded_;
    write_of<3> write_; // refers to the frame above
};

} // namespace detail

/// A session that speaks in messages: reads and writes them by a codec.
///
///     eddy::framed messages(peer, eddy::wire::length_prefixed({.max = 1024}));
///     while (const auto message = co_await messages.read()) {
///         co_await messages.write(*message);
///     }
///
/// Holds no bytes: messages are found where the session keeps what has arrived, and written from
/// where they are. So no message is copied or costs memory of its own, pipelined ones are answered
/// by one send, and the session can be read directly before and after. The session's `frame`
/// deadline runs from a message's first byte to its last.
///
/// Must not move or die while a read or write waits, nor outlive the session.
///
/// @par Thread safety
/// As the session: on its loop, one read at a time, any number of writes.
template <class Codec>
class framed final : private message_finder {
    static_assert(
        std::copy_constructible<Codec>, "framed: a codec can be copied: each session has one"
    );
    static_assert(
        requires { typename Codec::message; },
        "framed: a codec names the type of its messages: `using message = eddy::byte_view;`"
    );
    static_assert(
        wire::codec<Codec>,
        "framed: a codec has `eddy::wire::decoded<message> decode(std::span<const std::byte>) "
        "noexcept`"
    );

public:
    using message = typename Codec::message;

    explicit framed(session& peer, Codec codec = Codec())
        : peer_(&peer), codec_(std::move(codec)) {}
    framed(const framed&) = delete;
    framed& operator=(const framed&) = delete;

    class read_awaiter {
    public:
        read_awaiter(framed& self, deadline limit)
            : self_(&self), read_(self.peer_->read_message(self, limit)) {}

        [[nodiscard]] bool await_ready() { return read_.await_ready(); }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> waiting) {
            return read_.await_suspend(waiting);
        }
        result<message> await_resume() {
            const auto bytes = read_.await_resume();
            return bytes ? result<message>(self_->take(*bytes)) : result<message>(bytes.error());
        }

    private:
        framed* self_;
        detail::read_bytes_awaiter read_;
    };

    /// Reads a message: `result<message>`. What it refers to is lent until the next read.
    ///
    /// @par Errors
    /// As of `session::read`, and
    /// - `errc::too_long`, `errc::malformed` - the codec refuses what has arrived; `refusal()` says
    ///   why. So does every later read: nobody knows where the next message begins.
    /// - `errc::truncated` - the stream ends in the middle of a message.
    ///
    /// Throws `std::logic_error` when the codec has a message take bytes that are not there.
    ///
    /// @par Cancellation
    /// Cancel-safe: what has arrived stays for the next read.
    [[nodiscard]] read_awaiter read(deadline limit = deadline::never()) {
        return read_awaiter(*this, limit);
    }

    /// Writes a message, whole and without copying what is large: `result<void>`, as
    /// `session::write`.
    ///
    /// @param sent  Must stay until the await ends; a temporary in the same expression does.
    ///
    /// @par Errors
    /// As of `session::write`, and `errc::too_long` or `errc::malformed` when the codec cannot send
    /// it: nothing is written then, and `refusal()` says why.
    ///
    /// @par Cancellation
    /// A cancelled write leaves the whole message in the outbox or nothing of it.
    template <class Message>
    [[nodiscard]] detail::write_frame_awaiter write(const Message& sent) {
        static_assert(
            wire::encodes<Codec, Message>,
            "framed: the codec has no `eddy::wire::encoded encode(…) const` for what is written"
        );
        const wire::encoded made = codec_.encode(sent);
        if (!made) {
            refusal_ = made.why();
        }
        return detail::write_frame_awaiter(*peer_, made);
    }

    /// What the codec said of the last read or write that gave `errc::too_long` or
    /// `errc::malformed`. The offset of a read is counted from the first byte that was read here,
    /// that of a write from the message's first byte.
    [[nodiscard]] const wire::refusal& refusal() const noexcept { return refusal_; }

    /// The bytes of the message that was read last, with its frame; lent as that is.
    [[nodiscard]] std::span<const std::byte> raw() const noexcept { return raw_; }

    [[nodiscard]] session& peer() const noexcept { return *peer_; }
    [[nodiscard]] const Codec& codec() const noexcept { return codec_; }

private:
    answer find(std::span<const std::byte> arrived) noexcept override {
        if (refused_) {
            refusal_ = refused_;
            return {.refused = refused_.code()};
        }
        if (arrived.size() < needed_) {
            return {};
        }
        auto found = codec_.decode(arrived);
        needed_ = found ? 0 : found.size();
        if (found.why()) {
            refusal_ = refused_ = found.why().from(offset_);
            return {.refused = refused_.code()};
        }
        if (!found) {
            return {};
        }
        taken_ = found.size();
        message_.emplace(*std::move(found));
        return {.size = std::clamp<std::size_t>(taken_, 1, arrived.size())};
    }

    message take(std::span<const std::byte> bytes) {
        if (bytes.size() != taken_) {
            throw std::logic_error(
                "eddy: framed: the codec has a message take no bytes, or more than have arrived"
            );
        }
        raw_ = bytes;
        offset_ += bytes.size();
        return *std::move(message_);
    }

    session* peer_;
    Codec codec_;
    std::optional<message> message_; // found, and not given out yet
    std::span<const std::byte> raw_;
    std::uint64_t offset_ = 0; // of the message that comes next, in the stream
    std::size_t taken_ = 0;    // bytes of the message that was found, as the codec says
    std::size_t needed_ = 0;   // bytes before which the codec need not be asked again
    wire::refusal refused_;    // ends the reading
    wire::refusal refusal_;
};

} // namespace eddy
