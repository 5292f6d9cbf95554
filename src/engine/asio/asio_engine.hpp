// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>

#include "engine/posix/readiness_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace eddy::detail {

/// Drives a loop by Boost.Asio's reactor: what every platform has.
class alignas(cache_line) asio_engine final : public readiness_engine {
public:
    /// With an `io_context` of its own.
    asio_engine();
    /// On one that somebody else runs, on one thread; `run` and `stop` are theirs.
    explicit asio_engine(boost::asio::io_context& foreign);

    [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }

    [[nodiscard]] std::string_view name() const noexcept override { return "asio"; }
    result<watched_fd_ptr> watch(platform::unique_fd fd, watched_fd::kind what) override;
    void run() override;
    void stop() noexcept override;
    void wake() noexcept override;
    void arm_timer(time_point at) noexcept override;

private:
    std::unique_ptr<boost::asio::io_context> own_;
    boost::asio::io_context* context_;
    boost::asio::steady_timer timer_;
};

} // namespace eddy::detail
