// SPDX-License-Identifier: BSL-1.0
#include "server/server_state.hpp"

#include <eddy/core/log.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <vector>

namespace eddy::detail {
namespace {

/// What a listener has done, in numbers; needs no memory.
void log_totals(const listener& of) noexcept {
    const auto ended = [&of](close_reason why) {
        return of.ended_by[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
    };
    log::info(
        "a listener has ended",
        {{"listener", of.label()},
         {"accepted", of.accepted.load(std::memory_order_relaxed)},
         {"finished", of.finished.load(std::memory_order_relaxed)},
         {"idle_closed", of.idle_closed.load(std::memory_order_relaxed)},
         {"failed", of.failed.load(std::memory_order_relaxed)},
         {"forced", of.forced.load(std::memory_order_relaxed)},
         {"refused", of.refused.load(std::memory_order_relaxed)},
         {"refused_by_source", of.refused_by_source.load(std::memory_order_relaxed)},
         {"refused_by_rate", of.refused_by_rate.load(std::memory_order_relaxed)},
         {"first_byte", ended(close_reason::first_byte)},
         {"idle", ended(close_reason::idle)},
         {"frame", ended(close_reason::frame)},
         {"slow_sender", ended(close_reason::slow_sender)},
         {"slow_reader", ended(close_reason::slow_reader)},
         {"lifetime", ended(close_reason::lifetime)},
         {"memory", ended(close_reason::memory)}}
    );
}

/// The same of its datagrams, when there were any.
void log_datagrams(const listener& of) noexcept {
    const datagram_stats counted = of.datagrams();
    if (counted.received + counted.truncated + counted.receive_errors == 0) {
        return;
    }
    using enum reply_verdict;
    log::info(
        "datagrams of a listener",
        {{"listener", of.label()},
         {"received", counted.received},
         {"sent", counted.sent},
         {"truncated", counted.truncated},
         {"overflows", counted.overflows},
         {"receive_errors", counted.receive_errors},
         {"send_errors", counted.send_errors},
         {"no_address", counted.count(no_address)},
         {"group_address", counted.count(group_address)},
         {"system_port", counted.count(system_port)},
         {"service_port", counted.count(service_port)},
         {"own_port", counted.count(own_port)},
         {"not_listed", counted.count(not_listed)},
         {"loop", counted.count(loop)},
         {"source_rate", counted.count(source_rate)},
         {"rate", counted.count(rate)},
         {"too_large", counted.count(too_large)}}
    );
}

} // namespace

server_state::server_state(server_config config, loop* foreign)
    : config_(std::move(config)), foreign_(foreign) {}

server_state::~server_state() {
    clear();
}

void server_state::serve(const endpoint& at, handler what, listen_options options) {
    listeners_.push_back(std::make_unique<listener>(at, std::move(what), std::move(options)));
}

void server_state::open() {
    clear();
    if (!foreign_) {
        group_ = std::make_unique<loop_group>(config_.workers, config_.engine);
    }
    anchor_ = std::make_shared<server_state*>(this);
    for (unsigned i = 0; i != (foreign_ ? 1 : config_.workers); ++i) {
        shards_.push_back(
            std::make_unique<shard>(*this, foreign_ ? *foreign_ : (*group_)[i], anchor_)
        );
    }
    memory_.start(anchor_);
    accepting_ = std::make_unique<scope>();
    admission_ = std::make_unique<admission>(config_);
    policy_ = drain_policy();
    stopped_.reset();
    stalls_.stalls = 0;
    stalls_.longest = 0;
    try {
        for (const auto& each : listeners_) {
            each->reset_counts();
            open_listener(*each, home().driver());
            accept_loops_ += each->acceptors.size();
        }
        closing_.resize(accept_loops_);
        start_watchdog();
    } catch (...) {
        clear();
        throw;
    }
}

void server_state::begin(signals heard) {
    {
        const std::lock_guard guard(mutex_);
        is_running_ = true;
    }
    home().post([this, heard, starting = work_token(*this)] {
        if (heard == signals::drain) {
            home().driver().watch_signals(this);
        }
        start_listeners();
        is_ready_ = policy_.current() == drain_policy::phase::running;
        if (announce_) {
            announce_();
        }
    });
}

void server_state::start_watchdog() {
    if (!group_ || config_.watchdog == duration::zero()) {
        return;
    }
    try {
        watchdog_ = std::make_unique<watchdog>(*group_, config_.watchdog, stalls_);
    } catch (const std::system_error& missing) {
        log::warning("nobody watches for blocked loops", {{"reason", missing.what()}});
    }
}

void server_state::clear() noexcept {
    watchdog_.reset(); // before the loops
    anchor_.reset();
    accepting_.reset();
    for (const auto& each : shards_) {
        each->force();
    }
    if (!shards_.empty()) {
        home().disarm(timer_);
    }
    closing_.clear();
    accept_loops_ = 0;
    for (const auto& each : listeners_) {
        each->acceptors.clear();
        each->ports.clear();
    }
    memory_.stop();
    shards_.clear();
    group_.reset();
}

// The end.

void server_state::on_signal(int number) noexcept {
    log::info("a signal asks for the end", {{"signal", number}});
    apply(
        number == SIGQUIT
            ? policy_.on_force()
            : policy_.on_request(home().now(), config_.drain_delay, config_.drain_timeout)
    );
}

void server_state::request_drain(duration timeout, repeated when_draining) {
    const std::lock_guard guard(mutex_);
    if (!is_running_) {
        return;
    }
    home().post([this, timeout, when_draining, anchor = std::weak_ptr(anchor_)] {
        const bool is_first =
            !anchor.expired() && policy_.current() == drain_policy::phase::running;
        if (is_first || (!anchor.expired() && when_draining == repeated::forces)) {
            apply(policy_.on_request(home().now(), config_.drain_delay, timeout));
        }
    });
}

void server_state::request_force() {
    const std::lock_guard guard(mutex_);
    if (is_running_) {
        home().post([this, anchor = std::weak_ptr(anchor_)] {
            if (!anchor.expired()) {
                apply(policy_.on_force());
            }
        });
    }
}

std::unique_ptr<post_node> server_state::make_last_word() {
    return make_post_node([this, anchor = std::weak_ptr(anchor_)] {
        if (anchor.expired()) {
            return;
        }
        descriptor_freed_.set();
        if (work_.load(std::memory_order_acquire) == 0) {
            apply(policy_.on_empty());
        }
    });
}

void server_state::work_ended(std::unique_ptr<post_node> last_word) noexcept {
    const bool was_last = work_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    // In one order with the pause that begins and then looks again: one of the two sees the other.
    const bool is_wanted = paused_.load() != 0;
    if (anchor_ && (was_last || is_wanted)) {
        home().post(std::move(last_word));
    }
}

void server_state::on_time() noexcept {
    apply(policy_.on_time(home().now()));
}

void server_state::apply(drain_policy::action what) noexcept {
    using action = drain_policy::action;
    if (what == action::none) {
        return;
    }
    is_ready_ = false;
    switch (what) {
    case action::none:
        return;
    case action::announce:
        log::info("not ready any more; accepting for a while", {{"sessions", live()}});
        home().arm(timer_, policy_.next().at());
        return;
    case action::drain:
        log::info("draining", {{"sessions", live()}});
        drain_ends_ = policy_.next();
        accepting_->request_stop();
        break;
    case action::stop:
        log::warning("the drain takes too long; stopping what is left", {{"sessions", live()}});
        break;
    case action::force:
        log::warning("forcing the end", {{"sessions", live()}});
        accepting_->request_stop();
        break;
    case action::finish:
        finish();
        return;
    }
    for (const auto& each : shards_) {
        each->owner().post(each->take_order(what));
    }
    home().arm(timer_, policy_.next().at());
}

void server_state::finish() noexcept {
    home().disarm(timer_);
    home().driver().watch_signals(nullptr);
    const bool is_clean = std::all_of(listeners_.begin(), listeners_.end(), [](const auto& each) {
        return each->forced.load(std::memory_order_relaxed) == 0;
    });
    for (const auto& each : listeners_) {
        log_totals(*each);
        log_datagrams(*each);
    }
    if (memory_.is_on()) {
        memory_.log_totals();
    }
    log::info("stopped", {{"clean", is_clean}});
    stopped_.set();
    {
        const std::lock_guard guard(mutex_);
        is_running_ = false;
        changed_.notify_all();
    }
    if (group_) {
        group_->stop();
    }
}

void server_state::wait_until_stopped() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return !is_running_; });
}

bool server_state::is_running() const {
    const std::lock_guard guard(mutex_);
    return is_running_;
}

std::uint64_t server_state::live() const noexcept {
    std::uint64_t sessions = 0;
    for (const auto& each : listeners_) {
        sessions += each->live.load(std::memory_order_relaxed);
    }
    return sessions;
}

server_report server_state::report() const {
    server_report made;
    for (const auto& each : listeners_) {
        made.listeners.push_back(each->report());
    }
    made.loop_stalls = stalls_.stalls;
    made.longest_stall = duration(stalls_.longest);
    const std::lock_guard guard(mutex_); // the loops are there while it runs
    if (is_running_) {
        made.memory = memory_.report();
    }
    made.memory.episodes = memory_.episodes();
    for (const auto& each : made.listeners) {
        made.memory.closed += each.ended(close_reason::memory);
    }
    return made;
}

std::vector<endpoint> server_state::endpoints() const {
    std::vector<endpoint> all;
    all.reserve(listeners_.size());
    for (const auto& each : listeners_) {
        all.push_back(each->bound);
    }
    return all;
}

} // namespace eddy::detail
