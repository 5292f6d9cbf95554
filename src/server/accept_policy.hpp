// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>

namespace eddy::detail {

/// Decides what a listener does after each accept.
///
/// | outcome                                     | verdict  |
/// |---------------------------------------------|----------|
/// | a connection                                | `serve`, and the next pause is short again |
/// | broken before it was accepted, or interrupted; noise of the network (accept(2)) | `retry` |
/// | the same more than 64 times in a row        | `pause`, like the next |
/// | no descriptors, no memory                   | `pause`: 50 ms, doubled up to 1 s |
/// | `errc::closed`: nothing more will come      | `end`    |
/// | a listener that cannot work any more        | `fail`   |
class accept_policy {
public:
    enum class verdict { serve, retry, pause, end, fail };

    /// Where several listeners wait for descriptors, a short pause costs nothing and a long one
    /// clients.
    static constexpr duration pause_first = std::chrono::milliseconds(50);
    static constexpr duration pause_max = std::chrono::seconds(1);
    /// What fails more often in a row is no noise of single connections, but a rule of the system
    /// (a filter of system calls, a security module) that would keep the loop busy for nothing.
    static constexpr unsigned retries_max = 64;

    verdict next(const error_code& outcome) noexcept;

    /// How long to pause after the verdict `pause`.
    [[nodiscard]] duration pause() const noexcept { return pause_; }
    /// True for the first pause of an episode, which is worth a log line.
    [[nodiscard]] bool is_new_episode() const noexcept { return pause_ == pause_first; }

private:
    verdict pause_longer() noexcept;

    unsigned retries_ = 0; // since the last connection
    duration pause_ = duration::zero();
};

} // namespace eddy::detail
