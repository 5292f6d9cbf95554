// SPDX-License-Identifier: BSL-1.0
#include "net/pool_state.hpp"

#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/when_any.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace eddy::detail {
namespace {

task<> wait(duration time) {
    co_await sleep(time);
}

void log_change(const pool_target& at) noexcept {
    try {
        const std::string where = at.at.to_string();
        if (at.is_bad) {
            log::warning(
                "an endpoint of a pool cannot be connected to and is left alone for a while",
                {{"endpoint", where}, {"reason", at.why.message()}}
            );
        } else {
            log::info("an endpoint of a pool answers again", {{"endpoint", where}});
        }
    } catch (const std::bad_alloc&) {
        // Then it is in the counters alone.
    }
}

} // namespace

pool_state::look_timer::look_timer(pool_state& whole) noexcept
    : timer([](timer& due) noexcept { static_cast<look_timer&>(due).self->look(); }), self(&whole) {
}

pool_state::pool_state(std::vector<endpoint> where, pool_options options)
    : owner_(&loop::current()), options_((check_pool_options(options), std::move(options))),
      random_(owner_->driver().random_seed()),
      choice_(std::move(where), options_.spread, options_.pause, random_.next()) {
    options_.connect.retry = {};
}

pool_state::~pool_state() = default;

// Leasing.

std::optional<lease> pool_state::lease_idle() {
    while (idle_.size() != 0) {
        auto newest = idle_.take(*idle_.newest());
        auto why = overdue(*newest);
        if (!why) {
            why = fault_of(*newest);
        }
        if (!why) {
            return lend(std::move(newest));
        }
        retire(std::move(newest), *why);
    }
    return std::nullopt;
}

error_code pool_state::refusal(deadline limit) {
    if (is_closed_) {
        return errc::closed;
    }
    if (limit.at() <= owner_->now()) {
        return errc::timed_out;
    }
    if (line_.size() >= options_.max_waiting) {
        ++stats_.refused;
        return errc::would_block;
    }
    return {};
}

lease pool_state::lend(std::unique_ptr<pooled> fit) noexcept {
    leased_.push_back(*fit);
    ++leased_count_;
    ++stats_.leases;
    stats_.reused += fit->leases++ != 0;
    return {shared_from_this(), std::move(fit)};
}

void pool_state::come_back(std::unique_ptr<pooled> used) noexcept {
    used->unlink();
    if (--leased_count_ == 0 && is_closed_) {
        all_back_.set();
    }
    if (is_shut_ || loop::current_or_null() != owner_) {
        return; // nobody is there any more who could close it in good order
    }
    const auto now = owner_->now();
    used->times.answered = now;
    auto why = out_of_place(*used);
    if (!why && (used->is_discarded || fault_of(*used))) {
        why = pool_close::unfit;
    }
    if (why) {
        retire(std::move(used), *why);
    } else {
        give(std::move(used), now);
    }
    make_needed();
}

/// To the first in the line, or to those that nobody has leased.
void pool_state::give(std::unique_ptr<pooled> fit, time_point idle_since) noexcept {
    if (auto* first = line_.first()) {
        first->take(lend(std::move(fit)));
        return;
    }
    fit->times.since = idle_since;
    pooled& idle = idle_.add(std::move(fit));
    try {
        idle.watch.spawn(watch(idle));
    } catch (const std::bad_alloc&) {
        // Not watched then, but asked before it is lent.
    }
    arm(next_judgement(options_, idle.times).at());
}

/// Why a session is not to be lent any more, whatever its state.
std::optional<pool_close> pool_state::out_of_place(const pooled& kept) const noexcept {
    if (is_closed_) {
        return pool_close::closed;
    }
    if (kept.at->is_removed) {
        return pool_close::removed;
    }
    if (kept.heard) {
        return kept.heard;
    }
    return kept.times.ends.at() <= owner_->now() ? std::optional(pool_close::age) : std::nullopt;
}

/// The same for one that was idle until now.
std::optional<pool_close> pool_state::overdue(const pooled& idle) const noexcept {
    const auto why = out_of_place(idle);
    const bool is_idle_for_long =
        judge_idle(options_, idle.times, owner_->now()) == idle_verdict::too_idle;
    return !why && is_idle_for_long ? std::optional(pool_close::idle) : why;
}

/// Why a session cannot be lent, as far as its transport knows.
std::optional<pool_close> pool_state::fault_of(pooled& looked_at) {
    const auto received = looked_at.peer.stats().bytes_received;
    if (looked_at.peer.is_quiet()) {
        return std::nullopt;
    }
    return looked_at.peer.stats().bytes_received == received ? pool_close::by_peer
                                                             : pool_close::unexpected;
}

/// Waits for what must not come while nobody has leased the session.
task<> pool_state::watch(pooled& idle) {
    const auto heard = co_await idle.peer.read();
    idle.heard = heard ? pool_close::unexpected : pool_close::by_peer;
    arm(owner_->now()); // not from here: it would destroy this task
}

// Making.

void pool_state::make_needed() noexcept {
    if (std::exchange(is_making_, true)) {
        return; // a session that was made at once, below
    }
    while (!is_closed_ && line_.size() > coming() &&
           idle_.size() + leased_count_ + coming() < options_.max_sessions) {
        const auto at = choice_.pick(owner_->now());
        if (!at) {
            arm(choice_.next_trial());
            break;
        }
        endpoint_choice::began(*at);
        ++connecting_;
        try {
            trials_.spawn(make(at));
        } catch (const std::bad_alloc&) {
            failed(at, make_error_code(std::errc::not_enough_memory));
        }
    }
    is_making_ = false;
}

task<> pool_state::make(endpoint_choice::target at) {
    result<session> outcome = errc::cancelled;
    try {
        outcome = co_await connect(at->at, options_.connect);
    } catch (const std::bad_alloc&) {
        outcome = make_error_code(std::errc::not_enough_memory);
    } catch (const std::system_error& failure) { // there is no thread to look the name up
        outcome = failure.code();
    }
    made(std::move(outcome), at);
    make_needed();
}

void pool_state::made(result<session> outcome, const endpoint_choice::target& at) {
    if (!outcome) {
        failed(at, outcome.error());
        return;
    }
    --connecting_;
    ++stats_.connects;
    if (endpoint_choice::connected(*at)) {
        log_change(*at);
    }
    auto fresh = pool_it(std::move(*outcome), at);
    if (!fresh) {
        endpoint_choice::ended(*at);
    } else if (const auto why = out_of_place(*fresh)) {
        retire(std::move(fresh), *why);
    } else {
        give(std::move(fresh), owner_->now());
    }
}

/// Null when there is no memory for it.
std::unique_ptr<pooled> pool_state::pool_it(session made, const endpoint_choice::target& at) {
    try {
        auto fresh = std::make_unique<pooled>(std::move(made), at);
        fresh->times.answered = owner_->now();
        fresh->times.ends = end_by_age(options_, owner_->now(), random_);
        return fresh;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void pool_state::failed(const endpoint_choice::target& at, error_code why) noexcept {
    --connecting_;
    const bool is_news = endpoint_choice::failed(*at, why, owner_->now());
    if (is_closed_ || at->is_removed) {
        return;
    }
    ++stats_.failures;
    if (is_news) {
        log_change(*at);
    }
    if (const auto hopeless = choice_.hopeless()) {
        while (auto* first = line_.first()) {
            first->finish(hopeless);
        }
    }
}

// Looking after those that nobody has leased.

void pool_state::look() noexcept {
    const auto now = owner_->now();
    const auto is_due = [&](const pooled& idle) {
        return idle.heard || judge_idle(options_, idle.times, now) != idle_verdict::keep;
    };
    // From the beginning each time: a check is the user's code, which may lease any of them.
    while (auto* due = idle_.find(is_due)) {
        auto taken = idle_.take(*due);
        if (const auto why = overdue(*taken)) {
            retire(std::move(taken), *why);
        } else {
            begin_check(std::move(taken));
        }
    }
    const auto next = [this](const pooled& kept) { return next_judgement(options_, kept.times); };
    arm(idle_.least(next, deadline::never()).at());
    make_needed();
}

void pool_state::begin_check(std::unique_ptr<pooled> asked) noexcept {
    ++checking_;
    try {
        trials_.spawn(check(std::move(asked)));
    } catch (const std::bad_alloc&) {
        --checking_; // and the session is gone with the task that could not be made
    }
}

task<> pool_state::check(std::unique_ptr<pooled> asked) {
    bool answered = false;
    try {
        const auto first =
            co_await when_any(options_.check(asked->peer), wait(options_.check_timeout));
        answered = first.index() == 0 && std::get<0>(first);
    } catch (...) { // whatever the check throws, or a stop
        answered = false;
    }
    --checking_;
    if (auto why = out_of_place(*asked)) {
        retire(std::move(asked), *why);
    } else if (!answered || fault_of(*asked)) {
        retire(std::move(asked), pool_close::check);
    } else {
        asked->times.answered = owner_->now();
        const auto since = asked->times.since; // being checked is no use
        give(std::move(asked), since);
    }
    make_needed();
}

/// Armed only ever to be earlier: who looks too early arms it anew.
void pool_state::arm(time_point at) noexcept {
    if (at != time_point::max() && (!timer_.is_armed() || at < timer_.at())) {
        owner_->arm(timer_, at);
    }
}

// The end.

void pool_state::retire(std::unique_ptr<pooled> gone, pool_close why) noexcept {
    ++stats_.closed[static_cast<std::size_t>(why)];
    if (is_shut_) {
        return;
    }
    try {
        goodbyes_.spawn(say_goodbye(std::move(gone)));
    } catch (const std::bad_alloc&) {
        // Then it is closed by being destroyed.
    }
}

task<> pool_state::say_goodbye(std::unique_ptr<pooled> gone) {
    try {
        co_await gone->peer.close();
    } catch (const std::bad_alloc&) {
        gone->peer.abort();
    }
}

void pool_state::set_endpoints(std::vector<endpoint> where) {
    choice_.replace(std::move(where));
    const auto is_gone = [](const pooled& idle) { return idle.at->is_removed; };
    while (auto* gone = idle_.find(is_gone)) {
        retire(idle_.take(*gone), pool_close::removed);
    }
    make_needed();
}

pool_stats pool_state::stats() const noexcept {
    pool_stats now = stats_;
    now.idle = idle_.size();
    now.leased = leased_count_;
    now.connecting = connecting_;
    now.checking = checking_;
    now.waiting = line_.size();
    return now;
}

void pool_state::begin_close() noexcept {
    if (std::exchange(is_closed_, true)) {
        return;
    }
    while (auto* first = line_.first()) {
        first->finish(errc::closed);
    }
    trials_.request_stop();
    while (idle_.size() != 0) {
        retire(idle_.take(*idle_.newest()), pool_close::closed);
    }
    if (leased_count_ == 0) {
        all_back_.set();
    }
}

void pool_state::abort_leased() noexcept {
    for (auto* node = leased_.front(); node; node = leased_.next(*node)) {
        static_cast<pooled*>(node)->peer.abort();
    }
}

task<> pool_state::join() {
    co_await trials_.join();
    co_await goodbyes_.join();
}

void pool_state::shut() noexcept {
    is_shut_ = true;
    begin_close();
    timer_.disarm();
    trials_.destroy_all();
    goodbyes_.destroy_all();
}

} // namespace eddy::detail
