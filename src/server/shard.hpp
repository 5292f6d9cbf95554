// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>

#include "server/admission.hpp"
#include "server/drain_policy.hpp"
#include "server/listener.hpp"
#include "server/memory_policy.hpp"

#include <atomic>
#include <memory>

namespace eddy::detail {

class server_state;

/// A piece of work that a drain has to wait for: an accept loop, a session, a connection on its way
/// to another loop. Counted from its making to its destruction, wherever that is.
class work_token {
public:
    explicit work_token(server_state& counted, admission_slot slot = {});
    work_token(work_token&& other) noexcept
        : last_word_(std::move(other.last_word_)), slot_(std::move(other.slot_)),
          state_(std::exchange(other.state_, nullptr)) {}
    work_token& operator=(work_token&&) = delete;
    ~work_token();

private:
    // Made in time, since nobody can be told at the end that there is no memory for it.
    std::unique_ptr<post_node> last_word_;
    admission_slot slot_; // of a session
    server_state* state_;
};

/// Counts a session, or one on its way, towards the load of its loop.
class load_guard {
public:
    explicit load_guard(std::atomic<std::size_t>& load) noexcept : load_(&load) {
        load_->fetch_add(1, std::memory_order_relaxed);
    }
    load_guard(load_guard&& other) noexcept : load_(std::exchange(other.load_, nullptr)) {}
    load_guard& operator=(load_guard&&) = delete;
    ~load_guard() {
        if (load_) {
            load_->fetch_sub(1, std::memory_order_relaxed);
        }
    }

private:
    std::atomic<std::size_t>* load_;
};

/// The sessions of one server on one loop. Used on that loop only, but for `load`.
class shard {
public:
    /// @param anchor  Expires when the server is gone; what the loop holds of it then does nothing.
    shard(server_state& whole, loop& where, const std::weak_ptr<server_state*>& anchor);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    [[nodiscard]] loop& owner() const noexcept { return *loop_; }
    /// Sessions here and on their way; what the least loaded loop is chosen by. Any thread.
    [[nodiscard]] std::size_t load() const noexcept {
        return load_.load(std::memory_order_relaxed);
    }

    /// Begins a session. From any loop of the server; it is handed over.
    void begin(listener& from, std::unique_ptr<stream> accepted, work_token token);
    void begin(listener& from, std::unique_ptr<datagram_port> port, work_token token);

    /// What has to be posted to the loop to make it drain, stop or force. Each can be had once; the
    /// end of a server must not need memory.
    [[nodiscard]] std::unique_ptr<post_node> take_order(drain_policy::action what) noexcept;

    void drain();
    void request_stop();
    /// Resets what is left and destroys its tasks.
    void force();

    /// From now on the memory keeper hears of the loop's growth. Before the loop runs, or on it.
    void watch_memory() noexcept;
    /// Any loop of the server.
    void order(const memory_policy::order& given) noexcept;
    /// Bytes of coroutines. Any thread may read.
    [[nodiscard]] const gauge& frames() const noexcept { return frames_; }
    /// Sessions that were told not to read. Any thread may read.
    [[nodiscard]] const gauge& paused() const noexcept { return paused_; }

private:
    struct growth_of_blocks final : growth_watch {
        explicit growth_of_blocks(shard& whole) noexcept : self(&whole) {}
        void on_growth() noexcept override;
        shard* self;
    };

    /// A session or a datagram socket that a drain must reach.
    struct live_session : list_node {
        live_session(shard& here, const task_context& its, session& one)
            : task(&its), stream_session(&one) {
            here.enter(*this);
        }
        live_session(shard& here, const task_context& its, datagrams& one)
            : task(&its), socket(&one) {
            here.enter(*this);
        }
        /// Between two messages: nothing is left to read or to send.
        [[nodiscard]] bool is_idle() const noexcept {
            return stream_session && !stream_session->holds_buffer() &&
                   stream_session->outbox_size() == 0;
        }

        /// In the lists of those whom a drain has not told yet.
        struct turn : list_node {
            explicit turn(live_session* its) noexcept : whose(its) {}
            live_session* whose;
        };

        const task_context* task;
        session* stream_session = nullptr;
        datagrams* socket = nullptr;
        reading_pause pause; ///< While it holds too much.
        turn to_be_told{this};
        bool was_idle = false; ///< When it was told.
    };

    void enter(live_session& entered);
    void take_over(
        listener& from, std::unique_ptr<stream> handed, work_token token, load_guard place
    ) noexcept;
    static void tell(live_session& told);
    static live_session* next_of(intrusive_list& turns) noexcept;
    task<> run_session(
        listener& from, std::unique_ptr<stream> accepted, work_token token, load_guard place
    );
    task<> run_datagrams(
        listener& from, std::unique_ptr<datagram_port> port, work_token token, load_guard place
    );
    void note_frames() noexcept;
    void obey(const memory_policy::order& given) noexcept;
    void hold_reading(const memory_policy::order& given) noexcept;
    void close_worst(std::size_t to_free) noexcept;
    task<> tell_all(drain_pace pace);
    void name_stubborn() const noexcept;

    server_state* state_;
    loop* loop_;
    std::weak_ptr<server_state*> anchor_;
    std::unique_ptr<post_node> drain_order_;
    std::unique_ptr<post_node> stop_order_;
    std::unique_ptr<post_node> force_order_;
    std::atomic<std::size_t> load_{0};
    growth_of_blocks growth_{*this};
    gauge frames_;
    gauge paused_;
    std::atomic<bool> has_order_{false};
    intrusive_list live_;
    intrusive_list unseen_; // turns: a drain has not come to these sessions yet
    intrusive_list idle_;   // turns: these wait until a drain's grace is over
    bool is_draining_ = false;
    bool spares_idle_ = false;
    bool is_stopped_ = false;
    bool is_forced_ = false;
    // Declared last: the tasks use all of the above.
    scope telling_;
    scope sessions_;
};

} // namespace eddy::detail
