// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>

#include "engine/asio/watched_fd.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace eddy::detail {

/// Drives a loop by Boost.Asio's reactor: what every platform has.
class asio_engine final : public engine {
public:
    /// With an `io_context` of its own.
    asio_engine();
    /// On one that somebody else runs, on one thread; `run` and `stop` are theirs.
    explicit asio_engine(boost::asio::io_context& foreign);
    ~asio_engine() override;

    [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }

    [[nodiscard]] std::string_view name() const noexcept override { return "asio"; }
    void attach(loop& owner) override;
    void run() override;
    void stop() noexcept override;
    void wake() noexcept override;
    [[nodiscard]] time_point now() const noexcept override;
    void arm_timer(time_point at) noexcept override;
    void start_offload(std::unique_ptr<offload_job> job) override;
    void watch_signals(signal_sink* sink) override;
    result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& options) override;
    result<std::unique_ptr<datagram_port>>
    bind(const endpoint& at, const socket_options& options) override;
    bool start_connect(connect_op& op) override;
    void cancel_connect(connect_op& op) noexcept override;
    bool start_resolve(resolve_op& op) override;
    void cancel_resolve(resolve_op& op) noexcept override;
    result<std::vector<address>> resolve_now(const std::string& host, std::uint16_t port) override;

    /// How handlers in Asio's queues and jobs on other threads reach the loop: not any more once
    /// the engine is gone.
    struct anchor {
        std::mutex mutex;
        loop* owner = nullptr;
    };

private:
    void wait_for_signal();
    result<std::unique_ptr<acceptor>> adopt(const endpoint& at);

    std::unique_ptr<boost::asio::io_context> own_;
    boost::asio::io_context* context_;
    std::shared_ptr<anchor> anchor_ = std::make_shared<anchor>();
    boost::asio::steady_timer timer_;
    std::optional<boost::asio::signal_set> signals_;
    signal_sink* signal_sink_ = nullptr;
};

} // namespace eddy::detail
