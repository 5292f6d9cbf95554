// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine/linux/far_clock.hpp"
#include "engine/posix/readiness_engine.hpp"
#include "platform/unique_fd.hpp"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace eddy::detail {

class asio_bridge;

/// What the engines have in common that wait in something of their own, with Asio's objects beside
/// it: how they are woken, how long they wait, and that Asio waits instead once somebody has asked
/// for its `context()`.
class bridged_engine : public readiness_engine {
public:
    ~bridged_engine() override;

    /// The `io_context` on the loop's thread. On that thread, or before it runs.
    [[nodiscard]] boost::asio::io_context& context();

    void run() override;
    void stop() noexcept override;
    void wake() noexcept override;
    void arm_timer(time_point at) noexcept override;

    [[nodiscard]] loop& home_loop() const noexcept { return owner(); }

protected:
    /// Throws `eddy::error` when the system has no descriptors left.
    bridged_engine();

    /// Waits up to `longest` for something to happen, and reports it.
    virtual void round(duration longest) = 0;
    /// True when a round must not wait.
    [[nodiscard]] virtual bool is_due() const noexcept = 0;
    [[nodiscard]] virtual std::unique_ptr<asio_bridge> make_bridge() = 0;

    /// What is reported in one turn of the loop. When several sessions receive, then several
    /// handlers run, then several sessions send, the processor finds the code of each in its cache:
    /// 5 to 10 % from 50 connections on (docs/guide/performance.md).
    static constexpr unsigned reports_per_turn = 16;

    /// The end of a round: the turn that was asked for, or that nothing else has brought.
    void end_round(bool has_turned);

    platform::unique_fd alarm_; // eventfd(2): other threads wake the loop
    far_clock clock_;
    std::unique_ptr<asio_bridge> bridge_; // derived classes end it before what it watches
    bool turn_soon_ = false;

private:
    time_point armed_ = time_point::max();
    bool is_stopped_ = false;
};

} // namespace eddy::detail
