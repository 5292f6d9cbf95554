// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/scope.hpp>
#include <eddy/messages/caller.hpp>
#include <eddy/net/pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace eddy {

/// Calls of a service over the sessions of a pool: many at once on each, and no more sessions than
/// that takes.
///
///     eddy::pool sessions("tcp://calls:7000");
///     eddy::pooled_calls calls(sessions, my_codec());
///     const auto answer = co_await calls.call(question{.id = calls.next_id(), …}, within(1s));
///
/// A call goes to the session with the fewest calls under way. When all have as many as they may,
/// it waits, and another session is leased. One without calls goes back to the pool, and is not
/// lent again when an answer on it is still owed.
///
/// Must not move, nor outlive the pool; destroy it when no call is under way.
///
/// @par Thread safety
/// On the pool's loop only.
template <class Codec>
class pooled_calls {
public:
    using message = typename caller<Codec>::message;

    /// @param pipeline  Most calls at once on one session; 1 and more.
    explicit pooled_calls(pool& sessions, Codec codec = Codec(), std::size_t pipeline = 64)
        : pool_(&sessions), codec_(std::move(codec)),
          pipeline_(std::max(pipeline, std::size_t(1))) {}
    pooled_calls(const pooled_calls&) = delete;
    pooled_calls& operator=(const pooled_calls&) = delete;

    /// A number that no call under way has: 1, 2, 3 …
    [[nodiscard]] std::uint64_t next_id() noexcept { return ++last_id_; }

    /// Sends a question and waits for the message with the same number: `result<held_message>`.
    ///
    /// @param question  As of `caller::call`, with a number of `next_id()`.
    /// @param limit     When to give up waiting, for a session or the answer.
    ///
    /// @par Errors
    /// As of `pool::acquire` while it waits for a session, then as of `caller::call`. It is not
    /// sent again: nobody knows whether the service has acted on it.
    template <class Question>
    task<result<held_message<Codec>>> call(const Question& question, deadline limit) {
        line* chosen = least_used();
        if (!chosen) {
            turn mine(*this, limit);
            lease_when_needed();
            const error_code why = co_await mine;
            if (why) {
                co_return why;
            }
            chosen = mine.take();
        } else {
            ++chosen->under_way;
        }
        place_in_line held(*this, *chosen);
        auto answer = co_await chosen->calls.call(question, limit);
        held.is_answered = answer.has_value();
        co_return answer;
    }

    /// Sessions that are leased now.
    [[nodiscard]] std::size_t sessions() const noexcept { return lines_.size(); }

private:
    /// A session and its calls.
    struct line {
        line(lease leased, const Codec& codec) : held(std::move(leased)), calls(*held, codec) {}

        lease held;
        caller<Codec> calls; // reads the session
        std::size_t under_way = 0;
        std::uint64_t unanswered = 0; // calls that were given up
    };

    /// One who waits for a place in a line.
    class turn final : public detail::answer_awaiter {
    public:
        turn(pooled_calls& whole, deadline limit) : answer_awaiter(0, limit), whole_(&whole) {
            whole.turns_.push_back(entry);
        }
        ~turn() {
            if (given_) {
                whole_->leave(*given_);
            }
        }

        void give(line& free) noexcept {
            given_ = &free;
            ++free.under_way;
            finish({});
        }
        [[nodiscard]] line* take() noexcept { return std::exchange(given_, nullptr); }

    private:
        pooled_calls* whole_;
        line* given_ = nullptr;
    };

    /// A call under way.
    struct place_in_line {
        place_in_line(pooled_calls& all, line& joined) noexcept : whole(&all), at(&joined) {}
        place_in_line(const place_in_line&) = delete;
        place_in_line& operator=(const place_in_line&) = delete;
        ~place_in_line() {
            at->unanswered += is_answered ? 0 : 1;
            whole->leave(*at);
        }

        pooled_calls* whole;
        line* at;
        bool is_answered = false;
    };

    [[nodiscard]] bool has_room(const line& at) const noexcept {
        return at.under_way < pipeline_ && !at.calls.ended();
    }

    line* least_used() noexcept {
        line* found = nullptr;
        for (const auto& each : lines_) {
            if (has_room(*each) && (!found || each->under_way < found->under_way)) {
                found = each.get();
            }
        }
        return found;
    }

    [[nodiscard]] turn* first_turn() noexcept {
        auto* node = turns_.front();
        return node ? static_cast<turn*>(static_cast<detail::answer_awaiter::place&>(*node).self)
                    : nullptr;
    }

    void serve_turns(line& free) noexcept {
        while (has_room(free) && first_turn()) {
            first_turn()->give(free);
        }
    }

    void leave(line& left) noexcept {
        --left.under_way;
        serve_turns(left);
        if (left.under_way != 0) {
            return;
        }
        if (left.unanswered > left.calls.unmatched()) {
            left.held.discard();
        }
        std::erase_if(lines_, [&left](const auto& each) { return each.get() == &left; });
        lease_when_needed();
    }

    void lease_when_needed() noexcept {
        if (turns_.empty() || std::exchange(is_leasing_, true)) {
            return;
        }
        try {
            leasing_.spawn(lease_more());
        } catch (const std::bad_alloc&) {
            is_leasing_ = false;
            refuse_turns(make_error_code(std::errc::not_enough_memory));
        }
    }

    void refuse_turns(error_code why) noexcept {
        while (auto* waiting = first_turn()) {
            waiting->finish(why);
        }
    }

    /// Leases one session after the other while somebody waits for a place.
    task<> lease_more() {
        while (!turns_.empty()) {
            error_code why;
            try {
                auto got = co_await pool_->acquire(deadline::never());
                why = got.error();
                if (got && !turns_.empty()) {
                    open_line(std::move(*got));
                }
            } catch (const std::bad_alloc&) {
                why = make_error_code(std::errc::not_enough_memory);
            }
            if (why) {
                refuse_turns(why);
            }
        }
        is_leasing_ = false;
    }

    void open_line(lease leased) {
        lines_.push_back(std::make_unique<line>(std::move(leased), codec_));
        serve_turns(*lines_.back());
        if (lines_.back()->under_way == 0) {
            lines_.pop_back(); // its peer has ended it meanwhile
        }
    }

    pool* pool_;
    Codec codec_;
    std::size_t pipeline_;
    std::uint64_t last_id_ = 0;
    std::vector<std::unique_ptr<line>> lines_;
    detail::intrusive_list turns_;
    bool is_leasing_ = false;
    scope leasing_; // declared last: its task uses all of the above
};

} // namespace eddy
