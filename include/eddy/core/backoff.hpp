// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstdint>

namespace eddy {

/// How chance keeps those apart who were turned away together.
enum class jitter : std::uint8_t {
    none, ///< Every pause is as long as the step allows: for one client alone.
    full, ///< From zero to what the step allows.
    /// From `first` to three times the pause before: no shorter than `first`, and each client grows
    /// its own way. `factor` has no effect.
    decorrelated,
};

/// How long to wait before the next attempt at something that fails.
struct backoff_options {
    duration first = std::chrono::milliseconds(100); ///< What the first step allows; above zero.
    double factor = 2; ///< Each step allows so many times what the one before did; 1 and more.
    duration max = std::chrono::seconds(30); ///< The most any step allows; not below `first`.
    eddy::jitter jitter = eddy::jitter::full;
};

/// Pauses between attempts that grow, with chance in them: after a failure that many have seen at
/// once, they do not come back at once. A value that knows no clock and waits for nothing:
///
/// @snippet test/unit/core/backoff_test.cpp try-again
///
/// @par Thread safety
/// Distinct objects: safe. Shared objects: not safe.
class EDDY_EXPORT backoff {
public:
    /// With random numbers of the current loop, which follow from the seed in a simulation.
    ///
    /// Throws `std::invalid_argument` that names the option which is out of its range, and
    /// `std::logic_error` outside of a loop.
    explicit backoff(const backoff_options& options = {});

    /// The same with the random numbers that follow from `seed`; also outside of a loop.
    backoff(const backoff_options& options, std::uint64_t seed);

    /// The next pause: never below zero, nor above `max`.
    [[nodiscard]] duration next() noexcept;

    /// Begins anew: something has succeeded.
    void reset() noexcept;

private:
    backoff_options options_;
    duration allowed_;     // by the step that comes, or the pause before when decorrelated
    std::uint64_t random_; // the state of a split_mix
};

} // namespace eddy
