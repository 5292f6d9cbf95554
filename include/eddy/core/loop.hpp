// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block_pool.hpp>
#include <eddy/core/engine.hpp>
#include <eddy/core/loop_activity.hpp>
#include <eddy/core/loop_counts.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/task.hpp>
#include <eddy/core/timer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace eddy {

namespace detail {

/// Something that holds bytes back until the coroutine that wrote them comes to wait.
class flushable : public list_node {
public:
    virtual void flush() noexcept = 0;

protected:
    ~flushable() = default;
};

/// A function on its way to a loop.
struct post_node {
    post_node() noexcept = default;
    post_node(const post_node&) = delete;
    post_node& operator=(const post_node&) = delete;

    virtual void run() = 0;
    /// The loop has run it, or never will.
    virtual void let_go() noexcept { delete this; }

    post_node* next = nullptr;

protected:
    virtual ~post_node() = default;
};

struct post_node_deleter {
    void operator()(post_node* done) const noexcept { done->let_go(); }
};
using post_node_ptr = std::unique_ptr<post_node, post_node_deleter>;

template <class Function>
struct posted_function final : post_node {
    explicit posted_function(Function f) : function(std::move(f)) {}
    void run() override { function(); }
    Function function;
};

template <class Function>
post_node_ptr make_post_node(Function function) {
    return post_node_ptr(new posted_function<Function>(std::move(function)));
}

} // namespace detail

/// One thread's event loop: an engine, the coroutines that are ready, the timers, and the buffers.
///
/// Life cycle: constructed on any thread; `run` drives it on one thread until `stop`; destroyed
/// when not running. Destruction destroys the tasks that it still owns.
///
/// @par Thread safety
/// `post` and `stop` from any thread; everything else on the loop's own thread.
class EDDY_EXPORT loop {
public:
    /// A loop on the engine that `make_engine("auto")` chooses.
    loop();
    explicit loop(std::unique_ptr<engine> driver);
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop();

    /// The loop of this thread. Throws `std::logic_error` outside of one.
    [[nodiscard]] static loop& current();
    [[nodiscard]] static loop* current_or_null() noexcept;

    /// The time at which this turn began; all of a turn sees the same one.
    [[nodiscard]] time_point now() noexcept;

    /// Runs until `stop` is called. Exceptions of posted functions leave it.
    void run();

    /// Makes `run` return, after what the calling thread has posted before. Any thread.
    void stop() noexcept;

    /// Runs the loop until `main` has finished and gives its result or throws its exception; throws
    /// `cancelled` when the loop was stopped before. For programs, tools and tests without a
    /// server.
    template <class Value>
    Value run(task<Value> main);

    /// Runs `function()` on the loop, soon, in the order of the calls of one thread. Any thread.
    template <class Function>
    void post(Function function) {
        enqueue(detail::make_post_node(std::move(function)));
    }

    /// The same with a function that was made before, for those who cannot be told that memory is
    /// out: this allocates nothing.
    void post(detail::post_node_ptr made) noexcept { enqueue(std::move(made)); }

    /// Owns the tasks that belong to the loop itself; see `spawn_on`.
    [[nodiscard]] scope& tasks() noexcept { return tasks_; }

    [[nodiscard]] engine& driver() noexcept { return *engine_; }

    /// True on the thread that runs this loop now.
    [[nodiscard]] bool is_current() const noexcept;

    // What engines and awaiters use.

    /// The engine is about to report something; `turn` follows.
    void begin_turn() noexcept {
        if (phase_ == phase::rests) {
            phase_ = phase::hears;
            now_is_fresh_ = wake_sent_ = false;
            ++turns_;
            counts_.turns.add(1);
        }
    }
    /// The engine has received so many bytes. Counted until the end of the turn.
    void heard(std::size_t bytes) noexcept { heard_ += bytes; }
    /// True when the bytes of this turn had better be dealt with before more are received: they
    /// are in the processor's cache now.
    [[nodiscard]] bool has_heard_enough() const noexcept { return heard_ >= bytes_per_turn; }
    /// One turn: posted functions, due timers, ready coroutines, each followed by the flushes it
    /// caused.
    void turn();

    /// Resumes `node.coroutine` in this turn or the next one.
    void schedule(detail::ready_node& node) noexcept;
    /// Calls `holder.flush()` when the running coroutine has come to wait; others that are ready
    /// with it, up to 15, may run before.
    void flush_later(detail::flushable& holder) noexcept;
    /// The same for one that has had its share: after everything else that is ready now.
    [[gnu::cold, gnu::noinline]] void flush_next_round(detail::flushable& holder) noexcept;
    /// Called by the engine before the turn that answers a `wake`: all that was ready with it has
    /// had its turn.
    void begin_round() noexcept;
    /// Turns so far, this one counted; it wraps.
    [[nodiscard]] std::uint32_t turns() const noexcept { return turns_; }
    void arm(detail::timer& entry, time_point at) noexcept;
    void disarm(detail::timer& entry) noexcept { timers_.disarm(entry); }

    /// False once a coroutine has had its share of operations that finish without waiting: it must
    /// let others run.
    [[nodiscard]] bool spend() noexcept {
        budget_ -= budget_ != 0 ? 1 : 0;
        return budget_ != 0;
    }

    [[nodiscard]] detail::block_pool& blocks() noexcept { return blocks_; }

    [[nodiscard]] detail::loop_activity& activity() noexcept { return activity_; }

    [[nodiscard]] detail::loop_counts& counts() noexcept { return counts_; }

    /// The number of the next session here. Counted by each loop for itself, so that what ran
    /// before in the process, or runs beside, does not show in a log.
    [[nodiscard]] std::uint64_t next_session_id() noexcept {
        return std::exchange(session_id_, session_id_ + session_id_step_);
    }
    /// Numbers the sessions `first`, `first + step` and so on: the loops of a group share the
    /// numbers.
    void number_sessions(std::uint64_t first, std::uint64_t step) noexcept {
        session_id_ = first;
        session_id_step_ = step;
    }

private:
    enum class phase : unsigned char { rests, hears, runs };
    class current_guard;
    struct turn_guard;

    /// More would no longer be in the processor's cache when they are sent
    /// (docs/decisions/0017-large-messages-one-by-one.md).
    static constexpr std::size_t bytes_per_turn = 16 * 1024;

    void enqueue(detail::post_node_ptr node) noexcept;
    [[nodiscard]] detail::post_node* take_posted() noexcept;
    void run_posted();
    void run_unfinished();
    void drop_posted() noexcept;
    void fire_timers() noexcept;
    void run_ready();
    void flush() noexcept;
    void wake_later() noexcept;
    void ask_for_round() noexcept;
    void arm_engine() noexcept;

    std::unique_ptr<engine> engine_;
    detail::block_pool blocks_;
    detail::timer_queue timers_;
    detail::intrusive_list ready_;
    detail::intrusive_list dirty_;
    detail::intrusive_list next_round_;
    std::atomic<detail::post_node*> posted_{nullptr}; // newest first
    detail::post_node* unfinished_ = nullptr; // taken from `posted_`, oldest first, and not run yet
    std::atomic<bool> stopping_{false};
    detail::loop_activity activity_;
    detail::loop_counts counts_;
    time_point now_{};
    time_point armed_ = time_point::max();
    std::uint64_t session_id_ = 1;
    std::uint64_t session_id_step_ = 1;
    std::size_t heard_ = 0;
    std::uint32_t turns_ = 0;
    unsigned budget_ = 0;
    phase phase_ = phase::rests;
    bool now_is_fresh_ = false;
    bool wake_sent_ = false;
    bool round_is_coming_ = false;
    scope tasks_; // declared last: its tasks may use all of the above while they are destroyed
};

/// Runs `work` on `where` and lets that loop own it. A failure of the task is logged. Any thread.
EDDY_EXPORT void spawn_on(loop& where, task<> work);

template <>
EDDY_EXPORT void loop::run<void>(task<> main);

template <class Value>
Value loop::run(task<Value> main) {
    std::optional<Value> value;
    // Parameters, not captures: a capturing lambda coroutine would outlive its captures.
    auto wrapper = [](task<Value> inner, std::optional<Value>& out) -> task<> {
        out.emplace(co_await std::move(inner));
    };
    run(wrapper(std::move(main), value));
    return std::move(*value);
}

} // namespace eddy
