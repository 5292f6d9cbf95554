// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/scope.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/messages/framed.hpp>
#include <eddy/messages/held_message.hpp>

#include <concepts>
#include <cstdint>

namespace eddy {

/// A codec whose messages have numbers, by which an answer is matched to its question:
/// `std::uint64_t id_of(const message&) const noexcept`.
template <class Codec>
concept numbers_messages =
    wire::codec<Codec> && requires(const Codec codec, const typename Codec::message& message) {
        { codec.id_of(message) } noexcept -> std::convertible_to<std::uint64_t>;
    };

namespace detail {

/// One who waits for the answer with a number; in its caller's list until that has come.
class EDDY_EXPORT answer_awaiter : public waiter {
public:
    answer_awaiter(std::uint64_t number, deadline limit) noexcept
        : number_(number), limit_(limit) {}

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    /// The answer has come, or no answer will.
    void finish(error_code how) noexcept;

    [[nodiscard]] bool await_ready() const noexcept { return is_finished_; }
    error_code await_resume() const noexcept { return how_; }

    /// Its place among those who wait.
    struct place final : list_node {
        explicit place(answer_awaiter& of) noexcept : self(&of) {}
        answer_awaiter* self;
    };
    place entry{*this};

protected:
    ~answer_awaiter() = default;

private:
    struct limit_timer final : timer {
        explicit limit_timer(answer_awaiter& waiting) noexcept;
        answer_awaiter* self;
    };

    bool start() override;
    void on_stop() noexcept override;

    std::uint64_t number_;
    deadline limit_;
    error_code how_;
    bool is_finished_ = false;
    bool is_suspended_ = false;
    limit_timer timer_{*this};
};

} // namespace detail

/// The asking side of a session: any number of questions at once, answers in any order.
///
///     eddy::caller calls(peer, my_codec());
///     const auto answer = co_await calls.call(question{.id = calls.next_id(), …}, within(1s));
///
/// Reads the session by itself as long as it lives, so nobody else may. Answers that nobody waits
/// for (any more) are dropped and counted.
///
/// Must not move, nor outlive the session; destroy it when no call is under way.
///
/// @par Thread safety
/// On the session's loop only.
template <class Codec>
class caller {
    static_assert(
        numbers_messages<Codec>,
        "caller: a codec whose messages have numbers: it has `std::uint64_t id_of(const message&) "
        "const noexcept`"
    );

public:
    using message = typename Codec::message;

    explicit caller(session& peer, Codec codec = Codec())
        : codec_(codec), messages_(peer, std::move(codec)) {
        reading_.spawn(read_all());
    }
    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;

    /// A number that no call under way has: 1, 2, 3 …
    [[nodiscard]] std::uint64_t next_id() noexcept { return ++last_id_; }

    /// Sends a question and waits for the message with the same number: `result<held_message>`.
    ///
    /// @param question  What the codec can send and tell the number of. Must stay until the await
    ///                  ends.
    /// @param limit     When to give up waiting; the answer is dropped when it comes later.
    ///
    /// @par Errors
    /// - `errc::timed_out` - `limit` passed; the session stays usable.
    /// - `errc::cancelled` - the task was stopped.
    /// - what ended the reading or the writing, for all calls under way and all later ones.
    /// - `errc::too_long`, `errc::malformed` - the codec cannot send the question.
    template <class Question>
    task<result<held_message<Codec>>>
    call(const Question& question, deadline limit = deadline::never()) {
        static_assert(
            requires(const Codec codec) {
                { codec.id_of(question) } -> std::convertible_to<std::uint64_t>;
            }, "caller: the codec has no `std::uint64_t id_of(…) const` for the question"
        );
        if (ended_) {
            co_return ended_;
        }
        waiting_call mine(codec_.id_of(question), limit);
        waiting_.push_back(mine.entry);
        const auto sent = co_await messages_.write(question);
        if (!sent) {
            co_return sent.error();
        }
        const error_code how = co_await mine;
        if (how) {
            co_return how;
        }
        co_return std::move(mine.answer);
    }

    /// What has ended the reading, and with it every call; not set while calls can succeed.
    [[nodiscard]] error_code ended() const noexcept { return ended_; }
    /// Messages that answered nothing.
    [[nodiscard]] std::uint64_t unmatched() const noexcept { return unmatched_; }
    /// What the codec refused, when that ended the reading.
    [[nodiscard]] const wire::refusal& refusal() const noexcept { return messages_.refusal(); }

private:
    struct waiting_call final : detail::answer_awaiter {
        using answer_awaiter::answer_awaiter;
        held_message<Codec> answer;
    };

    task<> read_all() {
        for (;;) {
            const auto got = co_await messages_.read();
            if (!got) {
                end(got.error());
                co_return;
            }
            // Answers mostly come in the order of the questions: the first is looked at first.
            waiting_call* asked = find(codec_.id_of(*got));
            if (!asked) {
                ++unmatched_;
                continue;
            }
            asked->answer.hold(messages_.raw(), codec_);
            asked->finish({});
        }
    }

    waiting_call* find(std::uint64_t number) noexcept {
        for (auto* node = waiting_.front(); node; node = waiting_.next(*node)) {
            auto& found = *static_cast<detail::answer_awaiter::place&>(*node).self;
            if (found.number() == number) {
                return static_cast<waiting_call*>(&found);
            }
        }
        return nullptr;
    }

    void end(error_code why) noexcept {
        ended_ = why;
        while (auto* node = waiting_.front()) {
            static_cast<detail::answer_awaiter::place&>(*node).self->finish(why);
        }
    }

    Codec codec_; // has seen no bytes
    framed<Codec> messages_;
    detail::intrusive_list waiting_;
    error_code ended_;
    std::uint64_t last_id_ = 0;
    std::uint64_t unmatched_ = 0;
    scope reading_; // declared last: its task uses all of the above
};

} // namespace eddy
