// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/deadline.hpp>
#include <eddy/net/connect_options.hpp>

#include "core/split_mix.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eddy::detail {

/// What somebody does next who wants a session to one of several endpoints. Knows them by number.
///
/// | at | next |
/// |---|---|
/// | the beginning, or behind an attempt that failed | the next endpoint of this round |
/// | the end of a round, another is allowed | a pause, then the first endpoint of the next round |
/// | the end of a round, no other is allowed, or has time left, or has anyone worth trying | the end |
class connect_plan {
public:
    struct step {
        enum class kind : std::uint8_t { attempt, pause, end };
        kind what = kind::end;
        std::size_t target = 0; ///< Of an attempt.
        deadline until;         ///< Of an attempt, or of the pause.
    };

    struct outcome {
        error_code why; ///< Of the attempt that failed last.
        unsigned attempts = 0;
    };

    /// `targets` is at least 1. Random numbers follow from `seed`.
    connect_plan(
        std::size_t targets, const connect_options& options, time_point now, std::uint64_t seed
    );

    [[nodiscard]] step next(time_point now);

    /// The attempt of the last step has failed.
    void failed(error_code why) noexcept;

    /// Of each endpoint.
    [[nodiscard]] const std::vector<outcome>& outcomes() const noexcept { return outcomes_; }
    /// The error of the attempt that failed last; `errc::timed_out` when there was none.
    [[nodiscard]] error_code last() const noexcept { return last_; }

private:
    [[nodiscard]] bool is_worth_trying(std::size_t target) const noexcept;
    [[nodiscard]] step end_of_round(time_point now);
    void begin_round();

    connect_options options_;
    split_mix random_;
    backoff pause_;
    deadline limit_;
    std::vector<outcome> outcomes_;
    std::vector<std::size_t> order_;
    std::size_t place_ = 0; // in the order, of the next attempt
    unsigned rounds_ = 0;   // that have ended
    error_code last_ = errc::timed_out;
};

} // namespace eddy::detail
