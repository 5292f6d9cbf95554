// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "platform/thread_clock.hpp"

#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace eddy {
namespace {

thread_local loop* current_loop = nullptr;

/// Resumes in one turn before the engine is asked for news again, so that sockets and timers are
/// not starved.
constexpr unsigned resumes_per_turn = 128;

/// Coroutines that are resumed before what they have written is sent. To send for several sessions
/// in a row is cheaper than to send and resume in turns: the processor's cache has room for the
/// code of one of both.
constexpr unsigned resumes_per_flush = 16;

/// Operations that one coroutine may finish without waiting before it lets others run.
constexpr unsigned inline_operations = 256;

/// Stands in `armed_` when what was armed there has fired: the engine still has it, and would take
/// turns for it again and again.
constexpr time_point has_fired = time_point::max() - duration(1);

} // namespace

class loop::current_guard {
public:
    explicit current_guard(loop& now_current) noexcept : previous_(current_loop) {
        current_loop = &now_current;
    }
    current_guard(const current_guard&) = delete;
    current_guard& operator=(const current_guard&) = delete;
    ~current_guard() { current_loop = previous_; }

private:
    loop* previous_;
};

loop::loop() : loop(make_engine()) {}

loop::loop(std::unique_ptr<engine> driver) : engine_(std::move(driver)) {
    engine_->attach(*this);
}

loop::~loop() {
    const current_guard guard(*this); // what tasks destroy may ask for the loop
    tasks_.destroy_all();
    drop_posted(); // what they own may use the engine once more
    engine_->detach();
    drop_posted(); // what other threads have brought back until then; now no more can come
}

loop& loop::current() {
    if (!current_loop) {
        throw std::logic_error(
            "eddy: no loop runs on this thread; call this from a task, or through loop::post"
        );
    }
    return *current_loop;
}

loop* loop::current_or_null() noexcept {
    return current_loop;
}

bool loop::is_current() const noexcept {
    return current_loop == this;
}

time_point loop_clock::now() {
    return loop::current().now();
}

time_point loop::now() noexcept {
    if (!now_is_fresh_) {
        now_ = engine_->now();
        now_is_fresh_ = phase_ != phase::rests; // outside of a turn nothing says when it grows old
    }
    return now_;
}

void loop::run() {
    const current_guard guard(*this);
    activity_.use_clock(platform::own_thread_clock());
    engine_->run();
}

void loop::stop() noexcept {
    stopping_.store(true, std::memory_order_release);
    engine_->wake();
}

template <>
void loop::run<void>(task<> main) {
    struct outcome {
        std::exception_ptr failure = std::make_exception_ptr(cancelled());
    } result;
    auto body = [](task<> inner, outcome& out, loop& self) -> task<> {
        co_await yield(); // into the first turn, behind what was posted before
        try {
            co_await std::move(inner);
            out.failure = nullptr;
        } catch (...) {
            out.failure = std::current_exception();
        }
        self.stop();
    };
    const current_guard guard(*this);
    // Not in `tasks_`: when the run ends early, the task must go before what it refers to.
    scope running;
    running.spawn(body(std::move(main), result, *this));
    engine_->run();
    if (result.failure) {
        std::rethrow_exception(result.failure);
    }
}

struct loop::turn_guard {
    explicit turn_guard(loop& self) noexcept : self_(self), current_(self) {
        self_.begin_turn();
        self_.phase_ = phase::runs;
    }
    turn_guard(const turn_guard&) = delete;
    turn_guard& operator=(const turn_guard&) = delete;
    ~turn_guard() {
        self_.phase_ = phase::rests;
        self_.now_is_fresh_ = false;
        self_.heard_ = 0;
        self_.activity_.rest();
        if (!self_.ready_.empty() || self_.unfinished_) {
            self_.wake_later();
        }
        self_.ask_for_round();
        self_.arm_engine();
    }
    loop& self_;
    current_guard current_;
};

void loop::turn() {
    if (phase_ == phase::runs) {
        return;
    }
    const turn_guard guard(*this);

    // Read before the posted functions are taken: what a thread posts before it calls `stop` is
    // run.
    const bool is_stopping = stopping_.load(std::memory_order_acquire);
    flush(); // of what was reported, and of functions that ran between two turns
    // The plain load spares the turns without posted functions, which are most, a locked
    // instruction.
    if (unfinished_ || posted_.load(std::memory_order_relaxed)) {
        run_posted();
    }
    fire_timers();
    run_ready();
    if (is_stopping) {
        stopping_.store(false, std::memory_order_relaxed);
        engine_->stop();
    }
}

void loop::fire_timers() noexcept {
    // As `armed_` is never later than the earliest timer, nothing is due before it.
    if (armed_ == time_point::max() || now() < armed_) {
        return;
    }
    armed_ = has_fired;
    activity_.begin({}, {});
    timers_.fire(now_);
    flush();
}

void loop::run_posted() {
    run_unfinished(); // what an exception has left of an earlier turn
    unfinished_ = take_posted();
    run_unfinished();
}

void loop::run_unfinished() {
    while (unfinished_) {
        // Taken off first: should it throw, the rest is run in the next turn.
        const detail::post_node_ptr node(std::exchange(unfinished_, unfinished_->next));
        activity_.begin({}, {});
        counts_.posted.add(1);
        node->run();
        flush();
    }
}

detail::post_node* loop::take_posted() noexcept {
    detail::post_node* newest = posted_.exchange(nullptr, std::memory_order_acquire);
    detail::post_node* oldest = nullptr;
    while (newest) {
        auto* next = std::exchange(newest->next, oldest);
        oldest = std::exchange(newest, next);
    }
    return oldest;
}

void loop::drop_posted() noexcept {
    // Again until there is none: what a dropped function owns may post when it is destroyed.
    while (unfinished_ || (unfinished_ = take_posted())) {
        const detail::post_node_ptr dropped(std::exchange(unfinished_, unfinished_->next));
    }
}

void loop::run_ready() {
    const detail::list_node* last = nullptr; // after which those come that a resume has made ready
    unsigned unflushed = 0;
    for (unsigned resumed = 0; resumed < resumes_per_turn; ++resumed) {
        last = unflushed == 0 ? ready_.back() : last;
        auto* node = static_cast<detail::ready_node*>(ready_.pop_front());
        if (!node) {
            return;
        }
        budget_ = inline_operations;
        activity_.begin(node->promise->context->account, node->promise->where);
        counts_.resumed.add(1);
        node->coroutine.resume();
        if (node == last || ready_.empty() || ++unflushed == resumes_per_flush) {
            flush();
            unflushed = 0;
        }
    }
    flush();
}

void loop::flush() noexcept {
    while (auto* node = dirty_.pop_front()) {
        static_cast<detail::flushable&>(*node).flush();
    }
}

void loop::schedule(detail::ready_node& node) noexcept {
    ready_.push_back(node);
    wake_later();
}

void loop::flush_later(detail::flushable& holder) noexcept {
    if (!holder.is_linked()) {
        dirty_.push_back(holder);
        wake_later();
    }
}

void loop::flush_next_round(detail::flushable& holder) noexcept {
    next_round_.push_back(holder); // also out of `dirty_`
    if (phase_ == phase::rests) {
        ask_for_round();
    }
}

void loop::ask_for_round() noexcept {
    // Once: an engine may answer each wake with a turn of its own.
    if (!next_round_.empty() && !std::exchange(round_is_coming_, true)) {
        engine_->wake();
    }
}

void loop::begin_round() noexcept {
    round_is_coming_ = false;
    dirty_.take(next_round_);
}

void loop::wake_later() noexcept {
    if (phase_ == phase::rests && !wake_sent_) {
        wake_sent_ = true;
        engine_->wake();
    }
}

void loop::arm(detail::timer& entry, time_point at) noexcept {
    timers_.arm(entry, at);
    if (phase_ == phase::rests) {
        arm_engine();
    }
}

// The engine's timer is only ever moved forward: one that fires early finds nothing due and arms
// the next, which is cheaper than following every deadline that was met. With nothing left it is
// put out, so that an io_context that others run can come to its end.
void loop::arm_engine() noexcept {
    const time_point next = timers_.next();
    const bool is_idle = next == time_point::max() && armed_ != time_point::max();
    if (next < armed_ || is_idle) {
        armed_ = next;
        engine_->arm_timer(armed_);
    }
}

void loop::enqueue(detail::post_node_ptr node) noexcept {
    auto* added = node.release();
    auto* previous = posted_.load(std::memory_order_relaxed);
    do {
        added->next = previous;
    } while (!posted_.compare_exchange_weak(
        previous, added, std::memory_order_release, std::memory_order_relaxed
    ));
    // From here on `added` may be gone.
    if (!previous) {
        engine_->wake(); // the first since the loop looked; the others ride along
    }
}

void spawn_on(loop& where, task<> work) {
    auto reported = [](task<> inner) -> task<> {
        try {
            co_await std::move(inner);
        } catch (const cancelled&) {
            throw;
        } catch (const std::exception& failure) {
            log::error("a task of the loop failed", {{"reason", failure.what()}});
        } catch (...) {
            log::error("a task of the loop failed", {{"reason", "an exception of unknown type"}});
        }
    };
    where.post([&where, started = reported(std::move(work))]() mutable {
        where.tasks().spawn(std::move(started));
    });
}

} // namespace eddy
