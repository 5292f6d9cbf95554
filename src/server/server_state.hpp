// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop_group.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/server/server.hpp>

#include "server/accept_policy.hpp"
#include "server/admission.hpp"
#include "server/drain_policy.hpp"
#include "server/last_word.hpp"
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
    /// The same when `begin` or the loops have failed: nobody is there to finish.
    void give_up() noexcept;

    // Any thread.
    void request_drain(duration timeout, repeated when_draining);
    void request_force();
    void work_began() noexcept { work_.value.tokens.fetch_add(1, std::memory_order_relaxed); }
    void work_ended() noexcept;
    /// On the first loop: some work has ended.
    void hear_of_end() noexcept;
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
    [[nodiscard]] admission& admits() noexcept { return *admission_; }
    [[nodiscard]] memory_keeper& memory() noexcept { return memory_; }
    /// Who has fewest sessions.
    [[nodiscard]] shard& least_loaded() const noexcept;
    /// Connections that are held to refuse them in style. Any loop.
    [[nodiscard]] std::atomic<unsigned>& refusing() noexcept { return refusing_; }
    /// Sessions that end meanwhile are told to `intake::look_again`. Any loop.
    void pause_began() noexcept { work_.value.paused.fetch_add(1); }
    void pause_ended() noexcept { work_.value.paused.fetch_sub(1); }
    /// An accept loop has ended. Any loop.
    void stopped_accepting() noexcept;
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

    /// What every session writes and reads, at its beginning and its end.
    struct shared_work {
        std::atomic<std::size_t> tokens{0};
        std::atomic<unsigned> paused{0}; // accept loops
    };

    void on_signal(int number) noexcept override;
    void on_time() noexcept;
    void apply(drain_policy::action what) noexcept;
    void finish() noexcept;

    void start_watchdog();
    void open_listeners();
    [[nodiscard]] bool has_opened(const shard& where) const noexcept;
    void start_listeners(shard& where) noexcept;
    void count_loops(std::vector<loop_report>& to) const noexcept;

    server_config config_;
    loop* foreign_;
    std::vector<std::unique_ptr<listener>> listeners_;
    action announce_;

    // Made by `open`, gone with `clear`. What is posted to a loop that outlives this server asks
    // the anchor first.
    std::shared_ptr<server_state*> anchor_;
    std::unique_ptr<last_word, post_node_deleter> last_word_;
    std::unique_ptr<loop_group> group_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::unique_ptr<admission> admission_;
    memory_keeper memory_{*this, config_};
    std::atomic<unsigned> refusing_{0};
    std::atomic<std::size_t> accept_loops_{0}; // that run
    drain_policy policy_;
    deadline drain_ends_;
    drain_timer timer_{*this};
    on_own_lines<shared_work> work_;
    std::atomic<bool> is_ready_{false};
    event stopped_;
    stall_counts stalls_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_running_ = false;        // guarded by mutex_
    std::vector<loop_report> loops_; // guarded by mutex_: the counts are those of the end

    std::unique_ptr<work_token> starting_; // until the loop has begun what `begin` has posted
    std::unique_ptr<watchdog> watchdog_;   // looks at the loops
};

} // namespace detail
} // namespace eddy
