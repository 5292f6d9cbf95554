// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>

#include "engine/posix/watched_fd.hpp"
#include "platform/signal_pipe.hpp"

namespace eddy::posix {

/// Tells a sink on the loop about the signals of the process.
class signal_source final : detail::readiness_sink {
public:
    signal_source(platform::signal_pipe pipe, detail::watched_fd_ptr read_end, signal_sink& sink);
    signal_source(const signal_source&) = delete;
    signal_source& operator=(const signal_source&) = delete;
    ~signal_source();

private:
    void on_ready() noexcept override;

    platform::signal_pipe pipe_;
    detail::watched_fd_ptr read_end_;
    signal_sink* sink_;
};

} // namespace eddy::posix
