// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine/posix/watched_fd.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cstdint>

namespace eddy::detail {

class epoll_engine;

/// A descriptor in the epoll set of its loop.
///
/// A socket is registered once, for everything and edge-triggered: waiting and forgetting cost no
/// system call. What others have open too cannot be read until it is empty, because it may block:
/// each wait asks anew (EPOLLONESHOT). A file is always ready, and epoll will not have it.
class epoll_watched_fd final : public watched_fd {
public:
    enum class mode { edge, one_shot, always_ready };

    epoll_watched_fd(platform::unique_fd fd, kind what, epoll_engine& engine) noexcept;
    ~epoll_watched_fd() override { close(); }

    /// Enters the epoll set. Gives errno, or 0.
    int enter() noexcept;

    /// Tells the sinks what `events` of epoll_ctl(2) say.
    void report(std::uint32_t events) noexcept;

    void wait(direction side, readiness_sink& sink) override;
    void forget(direction side) noexcept override { sinks_[side] = nullptr; }
    void close() noexcept override;

private:
    [[nodiscard]] std::uint32_t one_shot_events() const noexcept;
    void tell(direction side) noexcept;

    platform::unique_fd own_;
    epoll_engine* engine_;
    std::array<readiness_sink*, 2> sinks_{};
    std::uint32_t slot_ = 0; // in the engine's table; 0: in none
    kind kind_;
    mode mode_;
};

} // namespace eddy::detail
