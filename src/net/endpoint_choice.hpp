// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/connect.hpp>
#include <eddy/net/pool_options.hpp>

#include "core/split_mix.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace eddy::detail {

/// One endpoint of a pool.
///
/// | state | sessions are made |
/// |---|---|
/// | good | as many as are needed |
/// | bad, until a time | none |
/// | bad, on trial | one at a time; it makes the endpoint good, or bad for longer |
struct pool_target {
    pool_target(endpoint where, const backoff_options& options, std::uint64_t seed)
        : at(std::move(where)), pause(options, seed) {}

    endpoint at;
    backoff pause;
    std::size_t sessions = 0;   ///< Made or in the making.
    std::size_t connecting = 0; ///< In the making.
    unsigned failures = 0;      ///< One after the other.
    error_code why;             ///< Of the last failure.
    time_point until{};         ///< Bad until then.
    bool is_bad = false;
    bool is_removed = false;
};

/// Chooses the endpoint of the next session of a pool.
class endpoint_choice {
public:
    using target = std::shared_ptr<pool_target>;

    /// Throws `std::invalid_argument` when there is no endpoint.
    endpoint_choice(
        std::vector<endpoint> where,
        pool_spread spread,
        const backoff_options& pause,
        std::uint64_t seed
    );

    /// What stays keeps its state; what goes is marked as removed.
    void replace(std::vector<endpoint> where);

    /// Where to make a session now; null when nowhere.
    [[nodiscard]] target pick(time_point now);
    /// When a bad endpoint is worth a trial; `time_point::max()` when none waits for one.
    [[nodiscard]] time_point next_trial() const noexcept;
    /// Set when every endpoint failed with an error that is not worth another attempt.
    [[nodiscard]] error_code hopeless() const noexcept;
    [[nodiscard]] std::vector<connect_failure> failures() const;

    // What happens to a session of an endpoint. The last two tell whether the endpoint has become
    // good or bad by it.
    static void began(pool_target& at) noexcept;
    static bool connected(pool_target& at) noexcept;
    static bool failed(pool_target& at, error_code why, time_point now) noexcept;
    static void ended(pool_target& at) noexcept { --at.sessions; }

private:
    [[nodiscard]] static bool is_usable(const pool_target& at, time_point now) noexcept;

    pool_spread spread_;
    backoff_options pause_;
    split_mix seeds_;
    std::vector<target> targets_;
    std::size_t turn_ = 0; // whose it is among equals
};

} // namespace eddy::detail
