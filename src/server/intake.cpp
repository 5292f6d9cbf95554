// SPDX-License-Identifier: BSL-1.0
#include "server/intake.hpp"

#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>

#include "server/accept_awaiter.hpp"
#include "server/proxy_policy.hpp"
#include "server/server_state.hpp"

#include <memory>
#include <new>
#include <string>
#include <utility>

namespace eddy::detail {
namespace {

/// Connections taken for one wake-up before the sessions of the loop get their turn (Envoy's knob
/// has the same idea).
constexpr unsigned accepts_per_turn = 16;

/// More connections than any backlog holds: the last sweep ends even when clients come as fast as
/// it accepts.
constexpr unsigned sweep_max = 65'536;

/// A server at its limit fills up again with every session that ends.
constexpr duration note_every = std::chrono::seconds(10);

/// While a listener is full nothing tells of descriptors that others than sessions give back.
constexpr duration full_pause = std::chrono::seconds(1);

constexpr duration refusal_delay = std::chrono::seconds(1);

/// Connections that are held to be refused slowly, or with words; further ones are reset.
constexpr unsigned refusing_max = 64;

/// The system's message, or its number when memory is what is short.
std::string message_of(const error_code& cause) noexcept {
    try {
        return cause.message();
    } catch (const std::bad_alloc&) {
        return "error " + std::to_string(cause.value()); // too short to need memory
    }
}

void note_full(
    listener& from, admission::lack what, const char* consequence, time_point now
) noexcept {
    if (!is_due(from.next_full_note, now, note_every)) {
        return;
    }
    log::warning(
        "a listener is full",
        {{"listener", from.label()},
         {"limit", to_string(what)},
         {"connections", consequence},
         {"sessions", from.live()}}
    );
}

void note_source(
    listener& from, const address& refused, std::string_view limit, time_point now
) noexcept {
    if (!is_due(from.next_source_note, now, note_every)) {
        return;
    }
    try {
        log::warning(
            "a source has its share",
            {{"listener", from.label()},
             {"limit", limit},
             {"connections", "refused"},
             {"source", refused.host_string()}}
        );
    } catch (const std::bad_alloc&) {
        log::warning("a source has its share", {{"listener", from.label()}, {"limit", limit}});
    }
}

/// Whether a connection for want of that is turned away, rather than left in the queue.
bool is_refused(const listener& at, admission::lack found) noexcept {
    using lack = admission::lack;
    return found == lack::share || (at.options.full != when_full::queue &&
                                    (found == lack::place || found == lack::own_place));
}

} // namespace

/// A connection that is held to be refused in style, in its coroutine's frame.
class intake::held_refusal {
public:
    held_refusal(std::atomic<unsigned>& count, event& freed) noexcept
        : count_(&count), freed_(&freed) {
        count_->fetch_add(1, std::memory_order_relaxed);
    }
    held_refusal(held_refusal&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)), freed_(other.freed_) {}
    held_refusal& operator=(held_refusal&&) = delete;
    ~held_refusal() {
        if (count_) {
            count_->fetch_sub(1, std::memory_order_relaxed);
            freed_->set(); // its descriptor, which an accept loop may wait for
        }
    }

    [[nodiscard]] bool is_one_too_many() const noexcept {
        return count_->load(std::memory_order_relaxed) > refusing_max;
    }

private:
    std::atomic<unsigned>* count_;
    event* freed_;
};

/// A pause in accepting, until there may be room or a little while has passed. The accept loop
/// waits for it in its own frame: memory may be what is short.
class intake::pause {
public:
    pause(intake& whole, listener& of, duration length) noexcept
        : whole_(&whole), counts_(&whole.counts(of)) {
        whole.room_made_.reset();
        whole.owner().arm(alarm_, whole.owner().now() + length);
        whole.paused_.fetch_add(1);
        whole.state_->pause_began();
        counts_->paused.add(1);
    }
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;
    ~pause() {
        counts_->paused.subtract(1);
        whole_->state_->pause_ended();
        whole_->paused_.fetch_sub(1);
    }

private:
    struct alarm final : timer {
        explicit alarm(event& rung) noexcept
            : timer([](timer& due) noexcept { static_cast<alarm&>(due).rings->set(); }),
              rings(&rung) {}
        event* rings;
    };

    intake* whole_;
    listener_counts* counts_;
    alarm alarm_{whole_->room_made_};
};

intake::intake(server_state& whole, shard& here, const std::weak_ptr<server_state*>& anchor)
    : state_(&whole), here_(&here), anchor_(anchor), close_order_(make_post_node([this, anchor] {
          if (!anchor.expired()) {
              close();
          }
      })) {}

loop& intake::owner() const noexcept {
    return here_->owner();
}

listener_counts& intake::counts(listener& of) const noexcept {
    return of.counts(here_->index());
}

void intake::start(listener& from, std::unique_ptr<acceptor> at) noexcept {
    try {
        accepting_.spawn(accept_loop(from, std::move(at), started_++, work_token(*state_)));
    } catch (const std::bad_alloc&) {
        note_failure(from, make_error_code(std::errc::not_enough_memory));
        state_->stopped_accepting();
    }
}

void intake::start(listener& from, std::unique_ptr<datagram_port> port) noexcept {
    try {
        here_->begin(from, std::move(port), work_token(*state_));
    } catch (const std::bad_alloc&) {
        note_failure(from, make_error_code(std::errc::not_enough_memory));
    }
}

task<> intake::accept_loop(
    listener& from, std::unique_ptr<acceptor> at, std::size_t number, work_token token
) {
    using verdict = accept_policy::verdict;
    accept_policy policy;
    // Accepted, and another loop, or another listener, has had the last place since.
    std::unique_ptr<stream> held;
    unsigned taken = 0;
    bool goes_on = true;
    while (goes_on) {
        if (const auto lack = lacks(from); lack != admission::lack::nothing) {
            note_full(from, lack, "waiting", owner().now());
            counts(from).full_pauses.add(1);
            const bool waits_for_rate = lack == admission::lack::rate;
            const pause until_room(
                *this, from, waits_for_rate ? state_->admits().wait(owner().now()) : full_pause
            );
            try {
                if (lacks(from) != admission::lack::nothing) { // unless a session ended just now
                    co_await room_made_.wait();
                }
            } catch (const cancelled&) {
                goes_on = false;
            }
            continue;
        }
        error_code outcome;
        if (!held) {
            try {
                if (++taken % accepts_per_turn == 0) {
                    co_await sleep(duration::zero()); // the engine too has its turn
                }
            } catch (const cancelled&) {
                break;
            }
            accept_awaiter next(*at);
            outcome = co_await next;
            if (outcome == errc::cancelled) {
                break;
            }
            held = outcome ? nullptr : screen(from, next.take());
        }
        if (held) {
            outcome = admit(from, held, admission::rule::all);
        }
        switch (policy.next(outcome)) {
        case verdict::serve:
            break;
        case verdict::retry:
            counts(from).accept_errors.add(1);
            break;
        case verdict::pause: {
            if (policy.is_new_episode()) {
                note_pause(from, outcome);
            }
            const pause until_room(*this, from, policy.pause());
            try {
                co_await room_made_.wait();
            } catch (const cancelled&) {
                goes_on = false;
            }
            break;
        }
        case verdict::end:
            goes_on = false;
            break;
        case verdict::fail:
            note_failure(from, outcome);
            goes_on = false;
            break;
        }
    }
    if (is_stopping_) {
        auto& stopped = closing_[number];
        stopped.of = &from;
        stopped.at = std::move(at);
        stopped.held = std::move(held);
        stopped.token.emplace(std::move(token));
    }
    state_->stopped_accepting();
}

void intake::note_failure(listener& from, const error_code& cause) noexcept {
    counts(from).broken.add(1);
    const std::string reason = message_of(cause);
    log::error(
        "a listener failed; the others go on", {{"listener", from.label()}, {"reason", reason}}
    );
}

void intake::note_pause(listener& from, const error_code& cause) noexcept {
    counts(from).accept_pauses.add(1);
    if (!is_due(from.next_pause_note, owner().now(), note_every)) {
        return;
    }
    const std::string reason = message_of(cause);
    log::warning(
        "accepting pauses",
        {{"listener", from.label()}, {"reason", reason}, {"sessions", from.live()}}
    );
}

void intake::look_again() noexcept {
    if (owner().is_current()) {
        room_made_.set();
        return;
    }
    if (paused_.load() == 0 || is_told_.exchange(true)) {
        return;
    }
    try {
        owner().post([this, anchor = anchor_] {
            if (!anchor.expired()) {
                is_told_.store(false);
                room_made_.set();
            }
        });
    } catch (const std::bad_alloc&) {
        is_told_.store(false); // the pause ends by itself, later
    }
}

// The end.

void intake::request_stop() noexcept {
    is_stopping_ = true;
    accepting_.request_stop();
}

void intake::force() noexcept {
    is_stopping_ = false; // what stops from now on is closed at once
    accepting_.request_stop();
    accepting_.destroy_all();
    closing_.clear();
}

void intake::close_soon() noexcept {
    if (owner().is_current()) {
        close();
    } else {
        owner().post(std::move(close_order_));
    }
}

/// The last that was opened closes first.
void intake::close() noexcept {
    for (auto each = closing_.rbegin(); each != closing_.rend(); ++each) {
        if (each->at) {
            sweep(*each);
            each->at.reset();
            each->token.reset();
        }
    }
}

/// Takes what is in the backlog: the kernel resets it when the listener closes, and those clients
/// believe to be connected.
void intake::sweep(stopped_acceptor& from) noexcept {
    if (from.held) {
        settle(*from.of, std::move(from.held));
    }
    using verdict = accept_policy::verdict;
    accept_policy policy;
    accept_op last([](io_op&) noexcept {});
    for (unsigned swept = 0; swept != sweep_max; ++swept) {
        if (!from.at->start_accept(last)) {
            from.at->cancel_accept();
            return;
        }
        const auto outcome = policy.next(last.error);
        if (outcome == verdict::serve) {
            if (auto came = screen(*from.of, std::move(last.accepted))) {
                settle(*from.of, std::move(came));
            }
        } else if (outcome != verdict::retry) {
            return;
        }
    }
}

/// Nobody waits any more: who was in the queue is served.
void intake::settle(listener& from, std::unique_ptr<stream> accepted) noexcept {
    auto failure = admit(from, accepted, admission::rule::all);
    if (accepted) {
        failure = admit(from, accepted, admission::rule::sources);
    }
    if (failure) {
        log::debug("no memory for a connection of the queue", {{"listener", from.label()}});
    }
}

// One connection.

/// What the next connection of a listener has to wait for.
admission::lack intake::lacks(const listener& at) noexcept {
    const auto found = state_->admits().lacks(at, owner().now());
    return is_refused(at, found) ? admission::lack::nothing : found;
}

/// Whom the limits of a source hold for; nobody where a proxy has yet to name its client.
address intake::source_of(const listener& from, const stream& accepted) const {
    if (!state_->admits().asks_for_sources()) {
        return {};
    }
    address peer = accepted.peer();
    const bool is_proxy = judge_peer(from.options.proxy, peer) == proxy_verdict::read_header;
    return is_proxy ? address() : peer;
}

/// Refuses a connection whose source comes too often; gives back the others.
std::unique_ptr<stream> intake::screen(listener& from, std::unique_ptr<stream> accepted) noexcept {
    admission& admits = state_->admits();
    admits.came(accepted->native());
    const time_point now = owner().now();
    const address source = source_of(from, *accepted);
    if (admits.comes_too_often(source, now)) {
        counts(from).refused_by_rate.add(1);
        note_source(from, source, "accept_rate_per_source", now);
        turn_away(from, std::move(accepted), when_full::refuse);
        return nullptr;
    }
    return accepted;
}

/// Gives a connection to a loop, or refuses it. Takes it, unless it has to wait for room.
error_code
intake::admit(listener& from, std::unique_ptr<stream>& accepted, admission::rule limits) noexcept {
    const time_point now = owner().now();
    const address source = source_of(from, *accepted);
    admission_slot slot;
    const auto lack = state_->admits().take(from, source, now, limits, slot);
    if (lack == admission::lack::nothing) {
        return begin(from, std::move(accepted), std::move(slot));
    }
    if (lack == admission::lack::share) {
        counts(from).refused_by_source.add(1);
        note_source(from, source, to_string(lack), now);
        turn_away(from, std::move(accepted), when_full::refuse);
    } else if (is_refused(from, lack)) {
        note_full(from, lack, "refused", now);
        turn_away(from, std::move(accepted), from.options.full);
    }
    return {};
}

/// Without memory for its session a connection is lost, and the listener lives.
error_code
intake::begin(listener& from, std::unique_ptr<stream> accepted, admission_slot slot) noexcept {
    const bool stays = from.options.accepting == accept_on::every_loop;
    shard& where = stays ? *here_ : state_->least_loaded();
    try {
        where.begin(from, std::move(accepted), work_token(*state_, std::move(slot)));
        return {};
    } catch (const std::bad_alloc&) {
        counts(from).accept_errors.add(1);
        return make_error_code(std::errc::not_enough_memory);
    }
}

void intake::turn_away(listener& from, std::unique_ptr<stream> refused, when_full how) noexcept {
    counts(from).refused.add(1);
    state_->admits().count_refused();
    if (how == when_full::refuse) {
        refused->abort();
        return;
    }
    held_refusal held(state_->refusing(), room_made_);
    if (held.is_one_too_many()) {
        refused->abort();
        return;
    }
    try {
        accepting_.spawn(
            how == when_full::reply ? refuse_with_words(from, std::move(refused), std::move(held))
                                    : refuse_later(std::move(refused), std::move(held))
        );
    } catch (const std::bad_alloc&) {
        log::debug("no memory to refuse a connection slowly");
    }
}

task<> intake::refuse_later(std::unique_ptr<stream> refused, [[maybe_unused]] held_refusal held) {
    co_await sleep(refusal_delay);
    refused->abort();
}

task<> intake::refuse_with_words(
    const listener& from, std::unique_ptr<stream> refused, [[maybe_unused]] held_refusal held
) {
    try {
        session peer(std::move(refused));
        peer.post(from.options.refusal); // a write would wait for a peer that does not read
        co_await peer.close(refusal_delay);
    } catch (const error& failure) {
        log::debug("a connection was refused without words", {{"reason", failure.what()}});
    }
}

} // namespace eddy::detail
