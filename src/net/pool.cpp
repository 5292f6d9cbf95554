// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/core/this_task.hpp>
#include <eddy/core/when_any.hpp>
#include <eddy/net/pool.hpp>

#include "net/engine_call.hpp"
#include "net/pool_state.hpp"

#include <memory>
#include <utility>

namespace eddy {
namespace {

std::vector<endpoint> list_of(const endpoint& where) {
    return std::vector<endpoint>(1, where);
}

task<> until_set(event& awaited) {
    co_await awaited.wait();
}

task<> until(deadline limit) {
    co_await sleep_until(limit.at());
}

} // namespace

pool::pool(std::vector<endpoint> where, pool_options options)
    : state_(std::make_shared<detail::pool_state>(std::move(where), std::move(options))) {}

pool::pool(const endpoint& where, pool_options options)
    : pool(list_of(where), std::move(options)) {}

pool::~pool() {
    state_->shut();
}

task<result<lease>> pool::acquire(deadline limit) {
    const auto state = state_; // who waits is told when the pool goes
    co_await detail::share_awaiter();
    const auto stop = co_await this_task::stop_token();
    if (stop.stop_requested()) {
        co_return errc::cancelled;
    }
    if (auto idle = state->lease_idle()) {
        co_return std::move(*idle);
    }
    if (const auto why = state->refusal(limit)) {
        state->note(why);
        co_return why;
    }
    detail::pool_waiter waiting(state->line(), limit);
    state->make_needed();
    auto given = co_await waiting;
    state->note(given.error());
    co_return given;
}

void pool::set_endpoints(std::vector<endpoint> where) {
    state_->set_endpoints(std::move(where));
}

std::vector<connect_failure> pool::failures() const {
    return state_->failures();
}

pool_stats pool::stats() const noexcept {
    return state_->stats();
}

task<> pool::close(deadline limit) {
    const auto state = state_;
    state->begin_close();
    try {
        co_await when_any(until_set(state->all_back()), until(limit));
    } catch (const cancelled&) {
        // The same as if the limit had passed; `join` finds the stop as well.
    }
    state->abort_leased();
    co_await state->join();
}

lease::lease(
    std::shared_ptr<detail::pool_state> home, std::unique_ptr<detail::pooled> held
) noexcept
    : home_(std::move(home)), held_(std::move(held)) {}

lease::lease(lease&& other) noexcept = default;

lease& lease::operator=(lease&& other) noexcept {
    lease taken(std::move(other));
    std::swap(home_, taken.home_);
    std::swap(held_, taken.held_);
    return *this; // and what it held before goes back
}

lease::~lease() {
    if (held_) {
        home_->come_back(std::move(held_));
    }
}

session& lease::operator*() const noexcept {
    return held_->peer;
}

void lease::discard() noexcept {
    held_->is_discarded = true;
}

bool lease::is_reused() const noexcept {
    return held_->leases > 1;
}

const endpoint& lease::at() const noexcept {
    return held_->at->at;
}

} // namespace eddy
