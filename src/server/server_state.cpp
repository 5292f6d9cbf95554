// SPDX-License-Identifier: BSL-1.0
#include "server/server_state.hpp"

#include <eddy/core/log.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <vector>

namespace eddy::detail {
namespace {

/// What a listener has done, in numbers; needs no memory.
void log_totals(const listener& of) noexcept {
    using counts = listener_counts;
    log::info(
        "a listener has ended",
        {{"listener", of.label()},
         {"accepted", of.sum(&counts::accepted)},
         {"finished", of.sum(&counts::finished)},
         {"idle_closed", of.sum(&counts::idle_closed)},
         {"failed", of.sum(&counts::failed)},
         {"forced", of.sum(&counts::forced)},
         {"refused", of.sum(&counts::refused)},
         {"refused_by_source", of.sum(&counts::refused_by_source)},
         {"refused_by_rate", of.sum(&counts::refused_by_rate)},
         {"accept_errors", of.sum(&counts::accept_errors)},
         {"accept_pauses", of.sum(&counts::accept_pauses)},
         {"full_pauses", of.sum(&counts::full_pauses)},
         {"unserved", of.sum(&counts::unserved)},
         {"proxy_header", of.ended(close_reason::proxy_header)},
         {"handshake", of.ended(close_reason::handshake)},
         {"first_byte", of.ended(close_reason::first_byte)},
         {"idle", of.ended(close_reason::idle)},
         {"frame", of.ended(close_reason::frame)},
         {"slow_sender", of.ended(close_reason::slow_sender)},
         {"slow_reader", of.ended(close_reason::slow_reader)},
         {"lifetime", of.ended(close_reason::lifetime)},
         {"memory", of.ended(close_reason::memory)}}
    );
}

/// Brings the report of a loop up to date; needs no memory.
void count(loop_report& to, loop& from) noexcept {
    const loop_counts& counted = from.counts();
    to.waits = counted.waits.value();
    to.turns = counted.turns.value();
    to.posted = counted.posted.value();
    to.resumed = counted.resumed.value();
    to.receives = counted.receives.value();
    to.sends = counted.sends.value();
}

void log_counts(const loop_report& of, std::size_t number) noexcept {
    log::info(
        "a loop has ended",
        {{"loop", number},
         {"engine", of.engine},
         {"waits", of.waits},
         {"turns", of.turns},
         {"accepted", of.accepted},
         {"posted", of.posted},
         {"resumed", of.resumed},
         {"receives", of.receives},
         {"sends", of.sends}}
    );
}

/// The same of its PROXY headers, when it wants them.
void log_proxy(const listener& of) noexcept {
    if (of.options.proxy.mode == proxy_protocol::off) {
        return;
    }
    const proxy_report counted = of.proxy();
    log::info(
        "PROXY headers of a listener",
        {{"listener", of.label()},
         {"headers", counted.headers},
         {"silent", counted.silent},
         {"late", counted.late},
         {"broken", counted.broken},
         {"malformed", counted.malformed},
         {"untrusted", counted.untrusted},
         {"skipped", counted.skipped}}
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
    const std::size_t loops = foreign_ ? 1 : config_.workers;
    listeners_.push_back(std::make_unique<listener>(at, std::move(what), std::move(options), loops)
    );
}

void server_state::open() {
    clear();
    if (!foreign_) {
        group_ = std::make_unique<loop_group>(config_.workers, config_.engine);
    }
    anchor_ = std::make_shared<server_state*>(this);
    last_word_.reset(new last_word(*this, anchor_));
    for (unsigned i = 0; i != (foreign_ ? 1 : config_.workers); ++i) {
        shards_.push_back(
            std::make_unique<shard>(*this, foreign_ ? *foreign_ : (*group_)[i], anchor_, i)
        );
    }
    {
        const std::lock_guard guard(mutex_);
        loops_.clear();
        for (const auto& each : shards_) {
            loops_.push_back({.engine = std::string(each->owner().driver().name())});
        }
    }
    memory_.start(anchor_);
    admission_ = std::make_unique<admission>(config_);
    policy_ = drain_policy();
    stopped_.reset();
    stalls_.stalls = 0;
    stalls_.longest = 0;
    try {
        open_listeners();
        start_watchdog();
    } catch (...) {
        clear();
        throw;
    }
}

void server_state::open_listeners() {
    std::vector<engine*> loops;
    loops.reserve(shards_.size());
    for (const auto& each : shards_) {
        loops.push_back(&each->owner().driver());
    }
    for (const auto& each : listeners_) {
        each->reset_counts();
        open_listener(*each, loops);
    }
    for (const auto& here : shards_) {
        std::size_t acceptors = 0;
        for (const auto& each : listeners_) {
            acceptors += each->opened[here->index()].acceptors.size();
        }
        here->accepting().expect(acceptors);
        accept_loops_ += acceptors;
    }
}

/// Whether there is anything to accept on.
bool server_state::has_opened(const shard& where) const noexcept {
    return std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& each) {
        const auto& opened = each->opened[where.index()];
        return !opened.acceptors.empty() || !opened.ports.empty();
    });
}

/// Accepts, on the loop of `where`, what that is to accept.
void server_state::start_listeners(shard& where) noexcept {
    for (const auto& each : listeners_) {
        auto& opened = each->opened[where.index()];
        for (auto& at : opened.acceptors) {
            where.accepting().start(*each, std::move(at));
        }
        for (auto& port : opened.ports) {
            where.accepting().start(*each, std::move(port));
        }
        opened = opened_sockets();
    }
}

void server_state::begin(signals heard) {
    {
        const std::lock_guard guard(mutex_);
        is_running_ = true;
    }
    for (auto each = shards_.begin() + 1; each != shards_.end(); ++each) {
        if (!has_opened(**each)) {
            continue;
        }
        (*each)->owner().post([this,
                               where = each->get(),
                               token = work_token(*this),
                               anchor = std::weak_ptr(anchor_)] {
            if (!anchor.expired()) {
                start_listeners(*where);
            }
        });
    }
    starting_ = std::make_unique<work_token>(*this);
    home().post([this, heard, anchor = std::weak_ptr(anchor_)] {
        if (anchor.expired()) {
            return;
        }
        if (heard == signals::drain) {
            home().driver().watch_signals(this);
        }
        start_listeners(*shards_.front());
        is_ready_ = policy_.current() == drain_policy::phase::running;
        if (announce_) {
            announce_();
        }
        starting_.reset();
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
    last_word_.reset();
    starting_.reset();
    for (const auto& each : shards_) {
        each->force();
    }
    if (!shards_.empty()) {
        home().disarm(timer_);
    }
    accept_loops_ = 0;
    for (const auto& each : listeners_) {
        for (auto& sockets : each->opened) {
            sockets = opened_sockets();
        }
    }
    memory_.stop();
    group_.reset(); // with what was on its way to a loop, which counts in that loop's shard
    shards_.clear();
}

void server_state::give_up() noexcept {
    if (group_) {
        group_->stop();
        try {
            group_->join();
        } catch (const std::exception& another) { // the caller tells of the first failure
            log::error("a loop failed, too", {{"reason", another.what()}});
        } catch (...) {
            log::error("a loop failed, too", {{"reason", "an exception of unknown type"}});
        }
    }
    is_ready_ = false;
    {
        const std::lock_guard guard(mutex_);
        is_running_ = false;
        changed_.notify_all();
    }
    clear();
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

void server_state::hear_of_end() noexcept {
    for (const auto& each : shards_) {
        each->accepting().look_again();
    }
    if (work_.value.tokens.load(std::memory_order_acquire) == 0) {
        apply(policy_.on_empty());
    }
}

void server_state::work_ended() noexcept {
    const bool was_last = work_.value.tokens.fetch_sub(1, std::memory_order_acq_rel) == 1;
    // In one order with the pause that begins and then looks again: one of the two sees the other.
    const bool is_wanted = work_.value.paused.load() != 0;
    if (last_word_ && (was_last || is_wanted)) {
        last_word_->send_to(home());
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
        break;
    case action::stop:
        log::warning("the drain takes too long; stopping what is left", {{"sessions", live()}});
        break;
    case action::force:
        log::warning("forcing the end", {{"sessions", live()}});
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
        return each->sum(&listener_counts::forced) == 0;
    });
    for (const auto& each : listeners_) {
        log_totals(*each);
        log_proxy(*each);
        log_datagrams(*each);
    }
    {
        const std::lock_guard guard(mutex_);
        count_loops(loops_);
        for (std::size_t number = 0; number != loops_.size(); ++number) {
            log_counts(loops_[number], number);
        }
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
        sessions += each->live();
    }
    return sessions;
}

void server_state::count_loops(std::vector<loop_report>& to) const noexcept {
    for (std::size_t number = 0; number != to.size(); ++number) {
        count(to[number], shards_[number]->owner());
        to[number].accepted = 0;
        to[number].live = 0;
        for (const auto& each : listeners_) {
            to[number].accepted += each->counts(number).accepted.load();
            to[number].live += each->counts(number).live.load();
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

/// What has stopped is closed when all have: see `intake::request_stop`.
void server_state::stopped_accepting() noexcept {
    if (accept_loops_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        for (const auto& each : shards_) {
            each->accepting().close_soon();
        }
    }
}

server_report server_state::report() const {
    server_report made;
    for (const auto& each : listeners_) {
        made.listeners.push_back(each->report());
    }
    made.loop_stalls = stalls_.stalls;
    made.longest_stall = duration(stalls_.longest);
    const std::lock_guard guard(mutex_); // the loops are there while it runs
    made.loops = loops_;
    if (is_running_) {
        count_loops(made.loops);
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
