// SPDX-License-Identifier: BSL-1.0
#include "server/shard.hpp"

#include <eddy/core/await_trace.hpp>
#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>

#include "net/datagrams_state.hpp"
#include "net/served_ports.hpp"
#include "server/served_session.hpp"
#include "server/server_state.hpp"

#include <exception>
#include <memory>

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
    [[nodiscard]] task_context& await_resume() const noexcept { return *context_; }

private:
    task_owner whose_;
    task_context* context_ = nullptr;
};

} // namespace

shard::shard(
    server_state& whole, loop& where, const std::weak_ptr<server_state*>& anchor, std::size_t index
)
    : state_(&whole), loop_(&where), index_(index), anchor_(anchor), intake_(whole, *this, anchor) {
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

post_node_ptr shard::take_order(drain_policy::action what) noexcept {
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
        auto* begun = new served_session(*this, from, std::move(token), std::move(place));
        begun->begin(std::move(accepted));
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
        auto* begun = new served_session(*this, from, std::move(token), std::move(place));
        begun->begin(std::move(handed));
    } catch (const std::bad_alloc&) {
        from.counts(index_).accept_errors.add(1);
    }
}

void shard::begin(listener& from, std::unique_ptr<datagram_port> port, work_token token) {
    sockets_.spawn(run_datagrams(from, std::move(port), std::move(token), load_guard(load_)));
}

task<> shard::run_datagrams(
    listener& from,
    std::unique_ptr<datagram_port> port,
    [[maybe_unused]] work_token token,
    [[maybe_unused]] load_guard place
) {
    live_count counted(from.counts(index_));
    try {
        datagrams socket(std::move(port));
        from.count_too(state_of(socket).counters());
        const served_port served(socket.local());
        counted.counts().accepted.add(1);
        account_awaiter account({from.label().c_str(), 0});
        task_context& context = co_await account;
        live_session entry(context, socket);
        enter(entry);
        std::exception_ptr thrown;
        try {
            co_await from.service(socket);
        } catch (...) {
            thrown = std::current_exception();
        }
        counted.note_end(from, thrown, is_stopped_, entry.was_idle);
    } catch (const std::bad_alloc&) {
        counted.end(&listener_counts::failed);
    }
}

void shard::enter(live_session& entered) {
    note_frames();
    live_.push_back(entered);
    if (is_stopped_) {
        entered.task->request_stop();
    }
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

live_session* shard::next_of(intrusive_list& turns) noexcept {
    auto* turn = turns.pop_front();
    return turn ? static_cast<live_session::turn&>(*turn).whose : nullptr;
}

void shard::drain() {
    intake_.request_stop();
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
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        static_cast<live_session&>(*node).task->request_stop();
    }
}

void shard::force() {
    is_forced_ = true;
    intake_.force();
    if (is_stopped_) {
        name_stubborn();
    }
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        if (auto* forced = static_cast<live_session&>(*node).stream_session) {
            forced->abort();
        }
    }
    telling_.destroy_all();
    destroy_sessions();
    sockets_.destroy_all();
}

/// The newest first, as a scope does it.
void shard::destroy_sessions() noexcept {
    intrusive_list sockets;
    while (auto* node = live_.pop_back()) {
        auto& each = static_cast<live_session&>(*node);
        if (each.stream_session) {
            delete static_cast<served_session*>(each.task);
        } else {
            sockets.push_back(each);
        }
    }
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
