// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/sim/world.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace eddy::sim::detail {

/// The engine of one loop of a simulated host.
///
/// The world's events reach the loop by `deliver`: each runs inside `loop::run`, so that the loop
/// is the current one, and is followed by a turn, as the seam asks.
class engine_of_host final : public engine {
public:
    explicit engine_of_host(host& home);
    ~engine_of_host() override;

    [[nodiscard]] host& home() const noexcept { return *home_; }
    [[nodiscard]] world& owner() const noexcept { return home_->owner(); }
    [[nodiscard]] eddy::loop& driven() const noexcept { return *loop_; }

    /// Runs `happens` on the loop, after `delay` and what the host's options and stalls add to
    /// that.
    void deliver(std::function<void()> happens, duration delay = duration::zero());
    /// Runs `happens` on the loop before this returns: what the scenario does to the process.
    void happen_now(std::function<void()> happens);
    /// Arms the timer again, after the host's clock has jumped.
    void rearm() noexcept { arm_timer(armed_); }
    void on_signal(int number);
    /// Ends the keeping of what a connect or a look-up waits for.
    void forget(const void* kept) noexcept {
        std::erase_if(kept_, [kept](const auto& each) { return each.get() == kept; });
    }
    /// Turns of the loop since something else than the loop itself asked for one.
    [[nodiscard]] unsigned turns_for_itself() const noexcept { return turns_for_itself_; }

    [[nodiscard]] std::string_view name() const noexcept override { return "sim"; }
    void attach(eddy::loop& owner) override { loop_ = &owner; }
    void detach() noexcept override { signals_ = nullptr; }
    void run() override;
    void stop() noexcept override { stopped_ = true; }
    void wake() noexcept override;
    [[nodiscard]] time_point now() const noexcept override { return home_->now(); }
    void arm_timer(time_point at) noexcept override;
    [[nodiscard]] std::uint64_t random_seed() noexcept override;
    void start_offload(std::unique_ptr<offload_job> job) override;
    void watch_signals(signal_sink* sink) override { signals_ = sink; }
    result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& options) override;
    result<std::unique_ptr<datagram_port>>
    bind(const endpoint& at, const socket_options& options) override;
    bool start_connect(connect_op& op) override;
    void cancel_connect(connect_op& op) noexcept override;
    bool start_resolve(resolve_op& op) override;
    void cancel_resolve(resolve_op& op) noexcept override;
    result<std::vector<address>> resolve_now(const std::string& host, std::uint16_t port) override;

private:
    void happen_soon(std::function<void()> happens, duration delay = duration::zero());
    void happen_at(time_point at, std::function<void()> happens);
    void resolve(resolve_op& op);

    host* home_;
    eddy::loop* loop_ = nullptr;
    std::function<void()>* due_ = nullptr; // what `run` does when the world calls it
    std::shared_ptr<char> life_ =
        std::make_shared<char>(); // expires with the engine: late events find it gone
    signal_sink* signals_ = nullptr;
    // What operations point to. On a host that was killed nothing happens any more, and the events
    // that hold it go before the operations do.
    std::vector<std::shared_ptr<void>> kept_;
    time_point armed_ = time_point::max();
    std::uint64_t armings_ = 0;
    unsigned turns_for_itself_ = 0;
    bool wake_pending_ = false;
    bool stopped_ = false;
};

/// The engine of a stream's or listener's loop. A loop of another kind is misuse.
[[nodiscard]] engine_of_host& engine_of(eddy::loop& owner);

} // namespace eddy::sim::detail
