// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/core/loop.hpp>

#include <functional>
#include <utility>

namespace client {

/// While it lives, SIGINT and SIGTERM call a function on the current loop instead of ending the
/// process, so that a command that was interrupted still tells what it found.
class on_interrupt final : eddy::signal_sink {
public:
    explicit on_interrupt(std::function<void()> reaction)
        : reaction_(std::move(reaction)), driver_(&eddy::loop::current().driver()) {
        driver_->watch_signals(this);
    }

    on_interrupt(const on_interrupt&) = delete;
    on_interrupt& operator=(const on_interrupt&) = delete;

    ~on_interrupt() { driver_->watch_signals(nullptr); }

private:
    void on_signal(int /*number*/) noexcept override { reaction_(); }

    std::function<void()> reaction_;
    eddy::engine* driver_;
};

} // namespace client
