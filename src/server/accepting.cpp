// SPDX-License-Identifier: BSL-1.0
// How a server accepts; when it may is decided by accept_policy and admission.
#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>

#include "server/accept_awaiter.hpp"
#include "server/server_state.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <string>

namespace eddy::detail {
namespace {

/// Connections taken for one wake-up before the sessions of the loop get their turn (Envoy's knob
/// has the same idea).
constexpr unsigned accepts_per_turn = 16;

/// More connections than any backlog holds: the last sweep ends even when clients come as fast as
/// it accepts.
constexpr unsigned sweep_max = 65'536;

/// The system's message, or its number when memory is what is short.
std::string message_of(const error_code& cause) noexcept {
    try {
        return cause.message();
    } catch (const std::bad_alloc&) {
        return "error " + std::to_string(cause.value()); // too short to need memory
    }
}

void note_failure(listener& from, const error_code& cause) noexcept {
    from.is_broken.store(true, std::memory_order_relaxed);
    const std::string reason = message_of(cause);
    log::error(
        "a listener failed; the others go on", {{"listener", from.label()}, {"reason", reason}}
    );
}

/// A server at its limit fills up again with every session that ends.
constexpr duration note_every = std::chrono::seconds(10);

/// Whether it is time to tell the log again; then it is told.
bool is_due(time_point& next, time_point now) noexcept {
    const bool is_now = now >= next;
    next = is_now ? now + note_every : next;
    return is_now;
}

void note_pause(
    listener& from, const accept_policy& policy, const error_code& cause, time_point now
) noexcept {
    if (!policy.is_new_episode()) {
        return;
    }
    from.accept_pauses.fetch_add(1, std::memory_order_relaxed);
    if (!is_due(from.next_pause_note, now)) {
        return;
    }
    const std::string reason = message_of(cause);
    log::warning(
        "accepting pauses: out of descriptors or memory",
        {{"listener", from.label()},
         {"reason", reason},
         {"sessions", from.live.load(std::memory_order_relaxed)}}
    );
}

/// While a listener is full nothing tells of descriptors that others than sessions give back.
constexpr duration full_pause = std::chrono::seconds(1);

constexpr duration refusal_delay = std::chrono::seconds(1);

/// Connections that are held to be refused slowly, or with words; further ones are reset.
constexpr unsigned refusing_max = 64;

void note_full(
    listener& from, admission::lack what, const char* consequence, time_point now
) noexcept {
    if (!is_due(from.next_full_note, now)) {
        return;
    }
    log::warning(
        "a listener is full",
        {{"listener", from.label()},
         {"limit", to_string(what)},
         {"connections", consequence},
         {"sessions", from.live.load(std::memory_order_relaxed)}}
    );
}

void note_source(
    listener& from, const stream& refused, std::string_view limit, time_point now
) noexcept {
    if (!is_due(from.next_source_note, now)) {
        return;
    }
    try {
        log::warning(
            "a source has its share",
            {{"listener", from.label()},
             {"limit", limit},
             {"connections", "refused"},
             {"source", refused.peer().host_string()}}
        );
    } catch (const std::bad_alloc&) {
        log::warning("a source has its share", {{"listener", from.label()}, {"limit", limit}});
    }
}

/// Whether a connection for want of that is turned away, rather than left in the queue.
bool is_refused(const listener& at, admission::lack found) noexcept {
    using lack = admission::lack;
    return at.options.full != when_full::queue &&
           (found == lack::place || found == lack::own_place);
}

/// A connection that is held to be refused in style, in its coroutine's frame.
class held_refusal {
public:
    held_refusal(unsigned& count, event& freed) noexcept : count_(&count), freed_(&freed) {
        ++count;
    }
    held_refusal(const held_refusal&) = delete;
    held_refusal& operator=(const held_refusal&) = delete;
    ~held_refusal() {
        --*count_;
        freed_->set(); // its descriptor, which an accept loop may wait for
    }

private:
    unsigned* count_;
    event* freed_;
};

} // namespace

void server_state::start_listeners() {
    std::size_t number = 0;
    for (const auto& each : listeners_) {
        for (auto& at : each->acceptors) {
            start_accepting(*each, std::move(at), number++);
        }
        try {
            for (auto& port : each->ports) {
                shards_.front()->begin(*each, std::move(port), work_token(*this));
            }
        } catch (const std::bad_alloc&) {
            note_failure(*each, make_error_code(std::errc::not_enough_memory));
        }
        each->acceptors.clear();
        each->ports.clear();
    }
}

void server_state::start_accepting(
    listener& from, std::unique_ptr<acceptor> at, std::size_t number
) noexcept {
    try {
        accepting_->spawn(accept_loop(from, std::move(at), number, work_token(*this)));
    } catch (const std::bad_alloc&) {
        --accept_loops_;
        note_failure(from, make_error_code(std::errc::not_enough_memory));
    }
}

/// A pause in accepting, until a descriptor comes free or a little while has passed. The accept
/// loop waits for it in its own frame: memory may be what is short.
class server_state::accept_pause {
public:
    accept_pause(server_state& whole, listener& of, duration length) noexcept
        : whole_(&whole), of_(&of) {
        whole.descriptor_freed_.reset();
        whole.home().arm(alarm_, whole.home().now() + length);
        whole.paused_.fetch_add(1);
        of.paused.fetch_add(1, std::memory_order_relaxed);
    }
    accept_pause(const accept_pause&) = delete;
    accept_pause& operator=(const accept_pause&) = delete;
    ~accept_pause() {
        of_->paused.fetch_sub(1, std::memory_order_relaxed);
        whole_->paused_.fetch_sub(1);
    }

private:
    struct alarm final : timer {
        explicit alarm(event& rung) noexcept
            : timer([](timer& due) noexcept { static_cast<alarm&>(due).rings->set(); }),
              rings(&rung) {}
        event* rings;
    };

    server_state* whole_;
    listener* of_;
    alarm alarm_{whole_->descriptor_freed_};
};

task<> server_state::accept_loop(
    listener& from,
    std::unique_ptr<acceptor> at,
    std::size_t number,
    [[maybe_unused]] work_token token
) {
    using verdict = accept_policy::verdict;
    accept_policy policy;
    unsigned taken = 0;
    bool goes_on = true;
    while (goes_on) {
        if (const auto lack = lacks(from); lack != admission::lack::nothing) {
            note_full(from, lack, "waiting", home().now());
            from.full_pauses.fetch_add(1, std::memory_order_relaxed);
            const auto for_rate = admission_->wait(home().now());
            const bool waits_for_rate = lack == admission::lack::rate;
            const accept_pause pause(*this, from, waits_for_rate ? for_rate : full_pause);
            try {
                if (lacks(from) != admission::lack::nothing) { // unless a session ended just now
                    co_await descriptor_freed_.wait();
                }
            } catch (const cancelled&) {
                goes_on = false;
            }
            continue;
        }
        const bool yields = ++taken % accepts_per_turn == 0;
        accept_awaiter next(
            *at, yields ? accept_awaiter::turn::yield : accept_awaiter::turn::go_on
        );
        auto outcome = co_await next;
        if (outcome == errc::cancelled) {
            break;
        }
        if (!outcome) {
            outcome = admit(from, next.take());
        }
        switch (policy.next(outcome)) {
        case verdict::serve:
            break;
        case verdict::retry:
            from.accept_errors.fetch_add(1, std::memory_order_relaxed);
            break;
        case verdict::pause: {
            note_pause(from, policy, outcome, home().now());
            const accept_pause pause(*this, from, policy.pause());
            try {
                co_await descriptor_freed_.wait();
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
    stopped_accepting(from, std::move(at), number);
}

/// A drain lets every listener stop accepting before one closes: a client that is refused there and
/// tries the next one must not be served by a server that goes. The last that was opened closes
/// first.
void server_state::stopped_accepting(
    listener& from, std::unique_ptr<acceptor> at, std::size_t number
) noexcept {
    --accept_loops_;
    if (policy_.current() == drain_policy::phase::draining) {
        closing_[number] = {&from, std::move(at)};
    }
    if (accept_loops_ != 0) {
        return;
    }
    for (auto each = closing_.rbegin(); each != closing_.rend(); ++each) {
        if (each->at) {
            sweep(*each->of, *each->at);
            each->at.reset();
        }
    }
}

/// What the next connection of a listener has to wait for.
admission::lack server_state::lacks(const listener& at) noexcept {
    const auto found = admission_->lacks(at, home().now());
    return is_refused(at, found) ? admission::lack::nothing : found;
}

/// Gives a connection to a loop, or refuses it. Without memory for its session it is lost, and the
/// listener lives.
error_code server_state::admit(listener& from, std::unique_ptr<stream> accepted) noexcept {
    const auto missing = admission_->lacks(from, home().now());
    admission_->came(accepted->native());
    if (is_refused(from, missing)) {
        note_full(from, missing, "refused", home().now());
        turn_away(from, std::move(accepted), from.options.full);
        return {};
    }
    if (admission_->comes_too_often(*accepted, home().now())) {
        from.refused_by_rate.fetch_add(1, std::memory_order_relaxed);
        note_source(from, *accepted, "accept_rate_per_source", home().now());
        turn_away(from, std::move(accepted), when_full::refuse);
        return {};
    }
    admission_slot slot = admission_->take(from, *accepted);
    if (!slot.is_taken()) {
        from.refused_by_source.fetch_add(1, std::memory_order_relaxed);
        note_source(from, *accepted, "max_sessions_per_source", home().now());
        turn_away(from, std::move(accepted), when_full::refuse);
        return {};
    }
    try {
        least_loaded().begin(from, std::move(accepted), work_token(*this, std::move(slot)));
        return {};
    } catch (const std::bad_alloc&) {
        from.accept_errors.fetch_add(1, std::memory_order_relaxed);
        return make_error_code(std::errc::not_enough_memory);
    }
}

void server_state::turn_away(
    listener& from, std::unique_ptr<stream> refused, when_full how
) noexcept {
    from.refused.fetch_add(1, std::memory_order_relaxed);
    if (how == when_full::refuse || refusing_ == refusing_max) {
        refused->abort();
        return;
    }
    try {
        accepting_->spawn(
            how == when_full::reply ? refuse_with_words(from, std::move(refused))
                                    : refuse_later(std::move(refused))
        );
    } catch (const std::bad_alloc&) {
        log::debug("no memory to refuse a connection slowly");
    }
}

task<> server_state::refuse_later(std::unique_ptr<stream> refused) {
    const held_refusal held(refusing_, descriptor_freed_);
    co_await sleep(refusal_delay);
    refused->abort();
}

task<> server_state::refuse_with_words(const listener& from, std::unique_ptr<stream> refused) {
    const held_refusal held(refusing_, descriptor_freed_);
    try {
        session peer(std::move(refused));
        co_await peer.write(from.options.refusal);
        co_await peer.close(refusal_delay);
    } catch (const error& failure) {
        log::debug("a connection was refused without words", {{"reason", failure.what()}});
    }
}

/// Takes what is in the backlog: the kernel resets it when the listener closes, and those clients
/// believe to be connected.
void server_state::sweep(listener& from, acceptor& at) {
    accept_op last([](io_op&) noexcept {});
    for (unsigned swept = 0; swept != sweep_max; ++swept) {
        if (!at.start_accept(last)) {
            at.cancel_accept();
            return;
        }
        if (last.error) {
            accept_policy policy;
            if (policy.next(last.error) != accept_policy::verdict::retry) {
                return;
            }
        } else {
            (void)admit(from, std::move(last.accepted));
        }
    }
}

shard& server_state::least_loaded() const noexcept {
    const auto least =
        std::min_element(shards_.begin(), shards_.end(), [](const auto& a, const auto& b) {
            return a->load() < b->load();
        });
    return **least;
}

} // namespace eddy::detail
