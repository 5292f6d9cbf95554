// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace eddy::test {

/// An engine with virtual time and no sockets: core tests need neither real time nor a second
/// thread.
///
/// `run` takes turns while the loop was woken, then jumps the clock to the armed time, and returns
/// when there is nothing left to happen, or after `stop`. An offloaded job is done before the next
/// turn.
class manual_engine : public engine {
public:
    enum class when_idle {
        finish,
        wait, ///< For another thread to wake the loop: between threads there is always something
              ///< left to happen.
    };

    explicit manual_engine(when_idle idle = when_idle::finish) noexcept : idle_(idle) {}

    [[nodiscard]] std::string_view name() const noexcept override { return "manual"; }
    void attach(loop& owner) override { owner_ = &owner; }
    void detach() noexcept override {}
    void run() override;
    void stop() noexcept override { is_stopped_ = true; }
    void wake() noexcept override;
    [[nodiscard]] time_point now() const noexcept override { return now_; }
    void arm_timer(time_point at) noexcept override { armed_ = last_armed_ = at; }
    /// 1, 2, 3 …
    [[nodiscard]] std::uint64_t random_seed() noexcept override { return ++seeds_; }
    void start_offload(std::unique_ptr<offload_job> job) override;
    void watch_signals(signal_sink* /*sink*/) override {}

    result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& options) override;
    result<std::unique_ptr<datagram_port>>
    bind(const endpoint& at, const socket_options& options) override;
    bool start_connect(connect_op& op) override;
    void cancel_connect(connect_op& op) noexcept override;
    bool start_resolve(resolve_op& op) override;
    void cancel_resolve(resolve_op& op) noexcept override;
    result<std::vector<address>> resolve_now(const std::string& host, std::uint16_t port) override;

    /// Moves the clock by hand.
    void advance(duration time) noexcept { now_ += time; }

    /// Offloaded jobs that were not done yet.
    [[nodiscard]] std::size_t jobs() const noexcept { return jobs_.size(); }

    /// From now on `start_offload` fails as it does when the system gives no thread.
    void refuse_offload() noexcept { refuses_offload_ = true; }

    /// What the loop has armed last, also when that time has come.
    [[nodiscard]] time_point last_armed() const noexcept { return last_armed_; }

    /// Turns that the loop has taken.
    [[nodiscard]] unsigned turns() const noexcept { return turns_; }

private:
    void turn();

    loop* owner_ = nullptr;
    std::vector<std::unique_ptr<offload_job>> jobs_;
    std::atomic<bool> is_woken_{false};
    const when_idle idle_;
    bool is_stopped_ = false;
    bool refuses_offload_ = false;
    time_point now_{};
    time_point armed_ = time_point::max();
    time_point last_armed_ = time_point::max();
    unsigned turns_ = 0;
    std::uint64_t seeds_ = 0;
};

/// A loop on a manual engine.
class manual_loop {
public:
    explicit manual_loop(manual_engine::when_idle idle = manual_engine::when_idle::finish);
    manual_loop(const manual_loop&) = delete;
    manual_loop& operator=(const manual_loop&) = delete;
    ~manual_loop();

    loop& operator*() const noexcept { return *loop_; }
    loop* operator->() const noexcept { return loop_.get(); }
    [[nodiscard]] manual_engine& engine() const noexcept { return *engine_; }

private:
    manual_engine* engine_;
    std::unique_ptr<loop> loop_;
};

} // namespace eddy::test
