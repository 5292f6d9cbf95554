// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/export.hpp>
#include <eddy/messages/framed.hpp>
#include <eddy/messages/held_message.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace eddy {

struct serve_messages_options {
    /// Most messages of one session that are worked on at once, 1 or more. One by one each message
    /// is answered where it arrived, without a copy; with more, functions that wait overlap, and
    /// each message is copied.
    std::size_t concurrency = 1;
};

namespace detail {

/// Throws `std::invalid_argument` for no messages at once.
EDDY_EXPORT serve_messages_options checked(serve_messages_options options);

/// Logs that a session ends because of what it sent. Nothing for other ends.
EDDY_EXPORT void note_refused(const session& peer, error_code end, const wire::refusal& why);

/// Throws `eddy::error` when a reply could not be encoded: the function's mistake, not the peer's.
EDDY_EXPORT void check_reply(const result<void>& sent, const wire::refusal& why);

template <class Value>
struct awaited {
    using type = Value;
    static constexpr bool is_task = false;
};
template <class Value>
struct awaited<task<Value>> {
    using type = Value;
    static constexpr bool is_task = true;
};

/// What the function of `serve_messages` makes of a message.
template <class Codec, class Function>
struct reply_of {
    using message = typename framed<Codec>::message; // says what a codec lacks
    static_assert(
        std::is_invocable_v<Function&, const message&>,
        "serve_messages: the function takes a message of the codec: `reply f(const "
        "Codec::message&)`"
    );
    using called = awaited<std::invoke_result_t<Function&, const message&>>;
    using type = typename called::type;
    static constexpr bool is_task = called::is_task;
    static_assert(
        !std::is_void_v<type>,
        "serve_messages: the function returns a reply, or a task of one; read with `framed` where "
        "not every message has a reply"
    );
    static_assert(
        wire::encodes<Codec, type>,
        "serve_messages: the codec has no `eddy::wire::encoded encode(…) const` for what the "
        "function returns"
    );
};

/// Several messages at once, with the replies in the order of the messages. Reading waits while as
/// many as may be are worked on.
template <class Codec, class Function>
class overlapping_answers {
public:
    overlapping_answers(session& peer, const Codec& codec, Function& function, std::size_t limit)
        : codec_(codec), function_(&function), messages_(peer, codec), slots_(limit) {}

    task<> run() {
        running_.spawn(read_all());
        co_await running_.join();
    }

private:
    struct slot {
        held_message<Codec> asked;
        event turn; // set when all messages before have been answered
    };

    slot& slot_of(std::uint64_t number) noexcept { return slots_[number % slots_.size()]; }

    task<> read_all() {
        for (;;) {
            while (begun_ - answered_ == slots_.size()) {
                room_.reset();
                co_await room_.wait();
            }
            const auto asked = co_await messages_.read();
            if (!asked) {
                note_refused(messages_.peer(), asked.error(), messages_.refusal());
                co_return;
            }
            slot& own = slot_of(begun_);
            own.asked.hold(messages_.raw(), codec_);
            own.turn.reset();
            if (begun_ == answered_) {
                own.turn.set();
            }
            ++begun_;
            running_.spawn(answer(own));
        }
    }

    task<> answer(slot& own) {
        std::optional<typename reply_of<Codec, Function>::type> made;
        std::exception_ptr failure;
        try {
            auto replied = co_await (*function_)(*own.asked);
            made.emplace(std::move(replied));
        } catch (...) {
            failure = std::current_exception();
        }
        // Also with a failure: the messages before this one get their replies.
        co_await own.turn.wait();
        if (failure) {
            std::rethrow_exception(failure);
        }
        const auto sent = co_await messages_.write(*made);
        check_reply(sent, messages_.refusal());
        ++answered_;
        if (answered_ != begun_) {
            slot_of(answered_).turn.set();
        }
        room_.set();
    }

    Codec codec_; // has seen no bytes
    Function* function_;
    framed<Codec> messages_;
    std::vector<slot> slots_;
    std::uint64_t begun_ = 0;
    std::uint64_t answered_ = 0;
    event room_;
    scope running_; // declared last: its tasks use all of the above
};

} // namespace detail

/// The handler that `serve_messages` makes: `task<>(session&)`.
template <class Codec, class Function>
class message_server {
    using reply = detail::reply_of<Codec, Function>;

public:
    /// What is sent for each message. (Named here, so that what is wrong with the codec or the
    /// function is told where they are given to `serve_messages`.)
    using reply_type = typename reply::type;

    message_server(Codec codec, Function function, serve_messages_options options)
        : codec_(std::move(codec)), function_(std::move(function)),
          options_(detail::checked(options)) {}

    /// Answers the messages of `peer` until its end. This object must outlive the task.
    task<> operator()(session& peer) {
        if constexpr (reply::is_task) {
            if (options_.concurrency != 1) {
                return overlapping(peer);
            }
        }
        return in_turn(peer);
    }

private:
    // Members: of a coroutine template that is none, g++ 12 says that its frame uses the user's
    // anonymous namespace (-Wsubobject-linkage).

    /// One message after the other, each where it arrived.
    task<> in_turn(session& peer) {
        framed<Codec> messages(peer, codec_);
        for (;;) {
            const auto asked = co_await messages.read();
            if (!asked) {
                detail::note_refused(peer, asked.error(), messages.refusal());
                co_return;
            }
            if constexpr (reply::is_task) {
                const auto made = co_await function_(*asked);
                const auto sent = co_await messages.write(made);
                detail::check_reply(sent, messages.refusal());
            } else {
                const auto made = function_(*asked);
                const auto sent = co_await messages.write(made);
                detail::check_reply(sent, messages.refusal());
            }
        }
    }

    task<> overlapping(session& peer) {
        detail::overlapping_answers<Codec, Function> answers(
            peer, codec_, function_, options_.concurrency
        );
        co_await answers.run();
    }

    Codec codec_;
    Function function_;
    serve_messages_options options_;
};

/// Makes a handler of a function from message to reply: a whole service in a line.
///
///     server.serve("tcp://[::]:7000", eddy::serve_messages(eddy::wire::line(), to_upper));
///
/// Replies go out in the order of the messages, those to pipelined messages by one send. A slow
/// reader slows the reading. A drain lets what has begun finish; an exception of the function ends
/// its session alone, after the replies to the messages before. What the codec refuses ends the
/// session too, and is logged with its rule and offset.
///
/// @param codec     Copied for each session.
/// @param function  `reply f(const Codec::message&)` or `task<reply> f(const Codec::message&)`,
///                  where the codec can encode a `reply`. The message stays until the reply has
///                  been written, so the reply may refer to it. Called on all loops of a server.
template <class Codec, class Function>
[[nodiscard]] message_server<Codec, Function>
serve_messages(Codec codec, Function function, serve_messages_options options = {}) {
    return {std::move(codec), std::move(function), options};
}

} // namespace eddy
