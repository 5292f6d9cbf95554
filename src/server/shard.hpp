// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>

#include "server/drain_policy.hpp"
#include "server/intake.hpp"
#include "server/listener.hpp"
#include "server/live_session.hpp"
#include "server/memory_policy.hpp"
#include "server/work_token.hpp"

#include <atomic>
#include <memory>

namespace eddy::detail {

/// The sessions of one server on one loop. Used on that loop only, but for `load`.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): cache lines are kept apart
class alignas(cache_line) shard {
public:
    /// @param anchor  Expires when the server is gone; what the loop holds of it then does nothing.
    /// @param index   Of the loop among those of the server.
    shard(
        server_state& whole,
        loop& where,
        const std::weak_ptr<server_state*>& anchor,
        std::size_t index = 0
    );
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;
    ~shard() { destroy_sessions(); }

    [[nodiscard]] loop& owner() const noexcept { return *loop_; }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    /// What accepts here.
    [[nodiscard]] intake& accepting() noexcept { return intake_; }
    /// Sessions here and on their way; what the least loaded loop is chosen by. Any thread.
    [[nodiscard]] std::size_t load() const noexcept {
        return load_.load(std::memory_order_relaxed);
    }

    /// Begins a session. From any loop of the server; it is handed over.
    void begin(listener& from, std::unique_ptr<stream> accepted, work_token token);
    void begin(listener& from, std::unique_ptr<datagram_port> port, work_token token);

    /// What has to be posted to the loop to make it drain, stop or force. Each can be had once; the
    /// end of a server must not need memory.
    [[nodiscard]] post_node_ptr take_order(drain_policy::action what) noexcept;

    void drain();
    void request_stop();
    /// Resets what is left and destroys its tasks.
    void force();

    // What the sessions here use.

    /// From now on a drain reaches it, and a stop.
    void enter(live_session& entered);
    /// Has the proxy say whom a session is with. False when the session must not be served.
    [[nodiscard]] task<bool> learn_client(listener& from, session& peer, admission_slot& place);
    [[nodiscard]] bool is_stopped() const noexcept { return is_stopped_; }
    void note_frames() noexcept;

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

    void take_over(
        listener& from, std::unique_ptr<stream> handed, work_token token, load_guard place
    ) noexcept;
    static void tell(live_session& told);
    static live_session* next_of(intrusive_list& turns) noexcept;
    bool has_share_left(listener& from, session& peer, admission_slot& place);
    task<> run_datagrams(
        listener& from, std::unique_ptr<datagram_port> port, work_token token, load_guard place
    );
    void obey(const memory_policy::order& given) noexcept;
    void hold_reading(const memory_policy::order& given) noexcept;
    void close_worst(std::size_t to_free) noexcept;
    task<> tell_all(drain_pace pace);
    void destroy_sessions() noexcept;
    void name_stubborn() const noexcept;

    server_state* state_;
    loop* loop_;
    std::size_t index_;
    std::weak_ptr<server_state*> anchor_;
    post_node_ptr drain_order_;
    post_node_ptr stop_order_;
    post_node_ptr force_order_;
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
    intake intake_;
    scope telling_;
    scope sockets_; // of datagrams; sessions are their own
};

} // namespace eddy::detail
