// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine/posix/watched_fd.hpp"
#include "engine/uring/ring_user.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cstdint>

namespace eddy::detail {

class uring_engine;

/// A descriptor that the ring of its loop polls, once for each wait.
///
/// A poll that nobody is interested in any more is left to run out, or is taken over by the next
/// wait, which makes `forget` free and immediate.
class uring_watched_fd final : public watched_fd, ring_user {
public:
    /// Throws `std::bad_alloc`.
    uring_watched_fd(platform::unique_fd fd, uring_engine& engine);
    ~uring_watched_fd() override { close(); }

    /// Gives the descriptor away; nothing may be waited for.
    [[nodiscard]] platform::unique_fd release() noexcept;

    void wait(direction side, readiness_sink& sink) override;
    void forget(direction side) noexcept override { sides_[side].sink = nullptr; }
    void close() noexcept override;

private:
    struct side_state {
        readiness_sink* sink = nullptr;
        bool is_asked = false; // a poll is under way
        bool is_noted = false; // it has ended
    };

    bool note(const outcome& what) noexcept override;
    bool tell() noexcept override;
    void ask_again(bool ring_is_new) noexcept override;
    void ask(direction side) noexcept;
    [[nodiscard]] bool leave() noexcept;

    platform::unique_fd own_;
    uring_engine* engine_;
    std::array<side_state, 2> sides_;
    std::uint32_t slot_;
};

} // namespace eddy::detail
