// SPDX-License-Identifier: BSL-1.0
#include "server/shard.hpp"

#include <eddy/core/await_trace.hpp>
#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>

#include "net/datagrams_state.hpp"
#include "net/served_ports.hpp"
#include "server/server_state.hpp"

#include <exception>
#include <memory>
#include <string>

namespace eddy::detail {
namespace {

/// Sessions that are told of a drain before the loop does other things.
constexpr unsigned told_per_turn = 64;

/// Sessions of one loop that are named when they have to be forced; the others are alike, most
/// likely.
constexpr unsigned named_max = 16;

/// Puts the task that awaits it, and those that it spawns, on the account of a session; gives its
/// context.
class account_awaiter {
public:
    explicit account_awaiter(task_owner whose) noexcept : whose_(whose) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> asking) noexcept {
        context_ = asking.promise().context;
        context_->account = whose_;
        context_->owner->activity().begin(whose_, {});
        return false;
    }
    [[nodiscard]] const task_context& await_resume() const noexcept { return *context_; }

private:
    task_owner whose_;
    task_context* context_ = nullptr;
};

/// Counts a session in and out, also when its task is destroyed where it waits.
class live_count {
public:
    explicit live_count(listener& from) noexcept : from_(&from) {
        from_->live.fetch_add(1, std::memory_order_relaxed);
    }
    live_count(const live_count&) = delete;
    live_count& operator=(const live_count&) = delete;
    ~live_count() {
        if (!has_ended_) {
            from_->forced.fetch_add(1, std::memory_order_relaxed);
        }
        from_->live.fetch_sub(1, std::memory_order_relaxed);
    }

    /// Only the first end counts.
    void end(std::atomic<std::uint64_t>& how) noexcept {
        if (!std::exchange(has_ended_, true)) {
            how.fetch_add(1, std::memory_order_relaxed);
        }
    }

    /// Its handler has returned.
    void end_well(bool was_idle) noexcept {
        if (was_idle && !has_ended_) {
            from_->idle_closed.fetch_add(1, std::memory_order_relaxed);
        }
        end(from_->finished);
    }

private:
    listener* from_;
    bool has_ended_ = false;
};

/// Runs the handler and counts how it ended: what it throws ends its session only.
/// One that returns because it was stopped has not finished by itself.
template <class Peer>
task<> run_handler(
    listener& from, Peer& peer, live_count& counted, const bool& is_stopped, const bool& was_idle
) {
    std::string reason;
    try {
        co_await from.service(peer);
        if (is_stopped) {
            counted.end(from.forced);
        } else {
            counted.end_well(was_idle);
        }
        co_return;
    } catch (const cancelled&) {
        counted.end(from.forced);
        co_return;
    } catch (const std::exception& thrown) {
        reason = thrown.what();
    } catch (...) {
        reason = "an exception that is no std::exception";
    }
    counted.end(from.failed);
    log::error(
        "a handler failed; its session ends", {{"listener", from.label()}, {"reason", reason}}
    );
}

} // namespace

work_token::work_token(server_state& counted, admission_slot slot)
    : last_word_(counted.make_last_word()), slot_(std::move(slot)), state_(&counted) {
    counted.work_began();
}

work_token::~work_token() {
    slot_.release(); // before those who wait for it are told
    if (state_) {
        state_->work_ended(std::move(last_word_));
    }
}

shard::shard(server_state& whole, loop& where, const std::weak_ptr<server_state*>& anchor)
    : state_(&whole), loop_(&where), anchor_(anchor) {
    const auto order = [&](void (shard::*what)()) {
        return make_post_node([this, what, anchor] {
            if (!anchor.expired()) {
                (this->*what)();
            }
        });
    };
    drain_order_ = order(&shard::drain);
    stop_order_ = order(&shard::request_stop);
    force_order_ = order(&shard::force);
}

std::unique_ptr<post_node> shard::take_order(drain_policy::action what) noexcept {
    using action = drain_policy::action;
    return std::move(
        what == action::drain  ? drain_order_
        : what == action::stop ? stop_order_
                               : force_order_
    );
}

void shard::begin(listener& from, std::unique_ptr<stream> accepted, work_token token) {
    load_guard place(load_);
    if (loop_->is_current()) {
        sessions_.spawn(run_session(from, std::move(accepted), std::move(token), std::move(place)));
        return;
    }
    loop_->post([this,
                 &from,
                 handed = std::move(accepted),
                 token = std::move(token),
                 place = std::move(place)]() mutable noexcept {
        take_over(from, std::move(handed), std::move(token), std::move(place));
    });
}

void shard::take_over(
    listener& from, std::unique_ptr<stream> handed, work_token token, load_guard place
) noexcept {
    if (is_forced_) {
        return; // it was on its way while the others were ended
    }
    try {
        sessions_.spawn(run_session(from, std::move(handed), std::move(token), std::move(place)));
    } catch (const std::bad_alloc&) {
        from.accept_errors.fetch_add(1, std::memory_order_relaxed);
    }
}

void shard::begin(listener& from, std::unique_ptr<datagram_port> port, work_token token) {
    sessions_.spawn(run_datagrams(from, std::move(port), std::move(token), load_guard(load_)));
}

task<> shard::run_session(
    listener& from,
    std::unique_ptr<stream> accepted,
    [[maybe_unused]] work_token token,
    [[maybe_unused]] load_guard place
) {
    live_count counted(from);
    // What is thrown here and not by the handler is that this session finds no room: in memory, or
    // in the loop's poll set. The scope of the sessions must not see it, since it would stop the
    // others.
    try {
        session peer(std::move(accepted), from.options.limits);
        from.accepted.fetch_add(1, std::memory_order_relaxed);
        account_awaiter account({from.label().c_str(), peer.id()});
        const task_context& context = co_await account;
        live_session entry(*this, context, peer);
        co_await run_handler(from, peer, counted, is_stopped_, entry.was_idle);
        co_await peer.close(from.options.linger);
        note_frames();
        if (const auto why = peer.ended_by(); why != close_reason::none) {
            from.ended_by[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
            log::debug(
                "a session was ended",
                {{"listener", from.label()}, {"reason", to_string(why)}, {"session", peer.id()}}
            );
        }
        from.bytes_received.fetch_add(peer.stats().bytes_received, std::memory_order_relaxed);
        from.bytes_sent.fetch_add(peer.stats().bytes_sent, std::memory_order_relaxed);
    } catch (const std::exception& refused) {
        counted.end(from.failed);
        log::warning(
            "a session finds no room", {{"listener", from.label()}, {"reason", refused.what()}}
        );
    }
}

task<> shard::run_datagrams(
    listener& from,
    std::unique_ptr<datagram_port> port,
    [[maybe_unused]] work_token token,
    [[maybe_unused]] load_guard place
) {
    live_count counted(from);
    try {
        datagrams socket(std::move(port));
        from.count_too(state_of(socket).counters());
        const served_port served(socket.local());
        from.accepted.fetch_add(1, std::memory_order_relaxed);
        account_awaiter account({from.label().c_str(), 0});
        const task_context& context = co_await account;
        const live_session entry(*this, context, socket);
        co_await run_handler(from, socket, counted, is_stopped_, entry.was_idle);
    } catch (const std::bad_alloc&) {
        counted.end(from.failed);
    }
}

void shard::enter(live_session& entered) {
    note_frames();
    live_.push_back(entered);
    if (spares_idle_) {
        idle_.push_back(entered.to_be_told);
    } else if (is_draining_) {
        tell(entered);
    }
}

void shard::tell(live_session& told) {
    told.was_idle = told.is_idle();
    told.pause = reading_pause(); // to end it has to read the rest of its message
    if (told.stream_session) {
        told.stream_session->request_drain();
    } else {
        told.socket->request_drain();
    }
}

shard::live_session* shard::next_of(intrusive_list& turns) noexcept {
    auto* turn = turns.pop_front();
    return turn ? static_cast<live_session::turn&>(*turn).whose : nullptr;
}

void shard::drain() {
    is_draining_ = true;
    const auto& config = state_->config();
    spares_idle_ =
        config.drain_idle_grace > duration::zero() || config.drain_spread > duration::zero();
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        unseen_.push_back(static_cast<live_session&>(*node).to_be_told);
    }
    try {
        telling_.spawn(tell_all(drain_pace(
            loop_->now(), state_->drain_ends(), config.drain_idle_grace, config.drain_spread
        )));
    } catch (const std::bad_alloc&) { // all in one turn, then
        spares_idle_ = false;
        while (auto* untold = next_of(unseen_)) {
            tell(*untold);
        }
    }
}

/// Sessions come and go while this waits. A sleep of no time ends in another turn of the loop, when
/// a yield may end in this one.
task<> shard::tell_all(drain_pace pace) {
    unsigned told = 0;
    while (auto* seen = next_of(unseen_)) {
        if (spares_idle_ && seen->is_idle()) {
            idle_.push_back(seen->to_be_told);
        } else {
            tell(*seen);
        }
        if (++told % told_per_turn == 0) {
            co_await sleep(duration::zero());
        }
    }
    if (!spares_idle_) {
        co_return;
    }
    co_await sleep_until(pace.first());
    spares_idle_ = false;
    std::size_t count = 0;
    for (auto* node = idle_.front(); node; node = idle_.next(*node)) {
        ++count;
    }
    for (std::size_t index = 0; index != count; ++index) {
        const auto turn = pace.at(index, count);
        if (turn > loop_->now()) {
            co_await sleep_until(turn);
        } else if (index % told_per_turn == told_per_turn - 1) {
            co_await sleep(duration::zero());
        }
        if (auto* untold = next_of(idle_)) {
            tell(*untold);
        }
    }
}

void shard::request_stop() {
    is_stopped_ = true;
    sessions_.request_stop();
}

void shard::force() {
    is_forced_ = true;
    if (is_stopped_) {
        name_stubborn();
    }
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        if (auto* forced = static_cast<live_session&>(*node).stream_session) {
            forced->abort();
        }
    }
    telling_.destroy_all();
    sessions_.destroy_all();
}

/// Sessions that are still there though their tasks were stopped.
void shard::name_stubborn() const noexcept {
    unsigned named = 0;
    for (auto* node = live_.front(); node && named != named_max; node = live_.next(*node)) {
        const auto& task = *static_cast<const live_session&>(*node).task;
        const auto at = waits_at(task);
        ++named;
        log::warning(
            "a handler ignores its stop",
            {{"listener", task.account.listener},
             {"session", task.account.session},
             {"waits_at", at.file_name()},
             {"line", at.line()},
             {"function", at.function_name()}}
        );
    }
}

} // namespace eddy::detail
