// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/loop_group.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/server/server.hpp>

#include "server/accept_policy.hpp"
#include "server/admission.hpp"
#include "server/drain_policy.hpp"
#include "server/listener.hpp"
#include "server/memory_keeper.hpp"
#include "server/shard.hpp"
#include "server/watchdog.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace eddy {

namespace detail {

/// A server between `start` and the end of its drain. Lives on its first loop, but for what says
/// otherwise.
class server_state final : public signal_sink {
public:
    /// Whether the signals of the process are this server's business.
    enum class signals { ignore, drain };
    /// What a request does that comes while the server drains already.
    enum class repeated { changes_nothing, forces };

    server_state(server_config config, loop* foreign);
    ~server_state();

    void serve(const endpoint& at, handler what, listen_options options);

    void on_ready(action announce) { announce_ = std::move(announce); }

    /// Opens the endpoints; throws and leaves nothing behind. Nothing runs yet.
    void open();
    /// Begins to accept: on a foreign loop now, otherwise as soon as the first loop runs.
    void begin(signals heard);
    /// Ends what `open` made, when no loop runs any more.
    void clear() noexcept;

    // Any thread.
    void request_drain(duration timeout, repeated when_draining);
    void request_force();
    void work_began() noexcept { work_.fetch_add(1, std::memory_order_relaxed); }
    /// What `work_ended` posts.
    [[nodiscard]] std::unique_ptr<post_node> make_last_word();
    void work_ended(std::unique_ptr<post_node> last_word) noexcept;
    void wait_until_stopped();
    [[nodiscard]] bool is_running() const;
    [[nodiscard]] bool is_ready() const noexcept {
        return is_ready_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] server_report report() const;
    /// Sessions now.
    [[nodiscard]] std::uint64_t live() const noexcept;

    [[nodiscard]] const server_config& config() const noexcept { return config_; }
    [[nodiscard]] loop_group* group() const noexcept { return group_.get(); }
    [[nodiscard]] event& stopped() noexcept { return stopped_; }
    [[nodiscard]] bool is_foreign() const noexcept { return foreign_ != nullptr; }
    [[nodiscard]] std::vector<endpoint> endpoints() const;
    [[nodiscard]] const std::vector<std::unique_ptr<shard>>& shards() const noexcept {
        return shards_;
    }
    [[nodiscard]] memory_keeper& memory() noexcept { return memory_; }
    /// The first loop.
    [[nodiscard]] loop& home() const noexcept { return shards_.front()->owner(); }
    /// When a drain stops the tasks. On the shards' loops, once they are told to drain.
    [[nodiscard]] deadline drain_ends() const noexcept { return drain_ends_; }

private:
    struct drain_timer final : timer {
        explicit drain_timer(server_state& whole) noexcept
            : timer([](timer& due) noexcept { static_cast<drain_timer&>(due).self->on_time(); }),
              self(&whole) {}
        server_state* self;
    };

    class accept_pause;

    struct closing_listener {
        listener* of = nullptr;
        std::unique_ptr<acceptor> at;
    };

    void on_signal(int number) noexcept override;
    void on_time() noexcept;
    void apply(drain_policy::action what) noexcept;
    void finish() noexcept;

    void start_watchdog();
    void start_listeners();
    void start_accepting(listener& from, std::unique_ptr<acceptor> at, std::size_t number) noexcept;
    task<>
    accept_loop(listener& from, std::unique_ptr<acceptor> at, std::size_t number, work_token token);
    void
    stopped_accepting(listener& from, std::unique_ptr<acceptor> at, std::size_t number) noexcept;
    [[nodiscard]] admission::lack lacks(const listener& at) noexcept;
    error_code admit(listener& from, std::unique_ptr<stream> accepted) noexcept;
    void turn_away(listener& from, std::unique_ptr<stream> refused, when_full how) noexcept;
    task<> refuse_later(std::unique_ptr<stream> refused);
    task<> refuse_with_words(const listener& from, std::unique_ptr<stream> refused);
    void sweep(listener& from, acceptor& at);
    shard& least_loaded() const noexcept;

    server_config config_;
    loop* foreign_;
    std::vector<std::unique_ptr<listener>> listeners_;
    action announce_;

    // Made by `open`, gone with `clear`. What is posted to a loop that outlives this server asks
    // the anchor first.
    std::shared_ptr<server_state*> anchor_;
    std::unique_ptr<loop_group> group_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::unique_ptr<admission> admission_;
    memory_keeper memory_{*this, config_};
    unsigned refusing_ = 0;                 // connections that are held to refuse them in style
    std::vector<closing_listener> closing_; // a place for each acceptor, in the order of `open`
    std::size_t accept_loops_ = 0;          // that run
    drain_policy policy_;
    deadline drain_ends_;
    drain_timer timer_{*this};
    event descriptor_freed_;
    std::atomic<unsigned> paused_{0};
    std::atomic<std::size_t> work_{0};
    std::atomic<bool> is_ready_{false};
    event stopped_;
    stall_counts stalls_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_running_ = false; // guarded by mutex_

    std::unique_ptr<scope> accepting_;   // destroyed before what its tasks use
    std::unique_ptr<watchdog> watchdog_; // looks at the loops
};

} // namespace detail
} // namespace eddy
