// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/deadline.hpp>

#include "failure.hpp"
#include "histogram.hpp"
#include "load_options.hpp"
#include "pattern.hpp"

#include <cstdint>
#include <optional>

namespace client {

/// What the connections of one load share: the work to be done, and what has come of it.
struct load_state {
    explicit load_state(const load_options& given);

    const load_options& options;
    pattern bytes;

    std::uint64_t sent = 0;     ///< Messages begun.
    std::uint64_t verified = 0; ///< Messages that came back right.
    std::uint64_t lost = 0;     ///< Datagrams that did not come back in time.
    std::uint64_t late = 0;     ///< Datagrams that came after they were given up, or twice.
    histogram latency;          ///< Of verified messages, in nanoseconds.
    eddy::time_point began;
    eddy::time_point last_verified;
    std::optional<failure> failed; ///< What went wrong first.

    /// The connections are made: the time counts from now.
    void begin();

    /// No message is begun any more; those that are out are waited for.
    void end() noexcept { unclaimed_ = 0; }

    [[nodiscard]] bool is_ending() const noexcept { return unclaimed_ == 0; }

    /// True when another message may be sent, which then has to be.
    [[nodiscard]] bool claim();

    void message_verified(eddy::time_point sent_at);

    /// Notes what went wrong, and ends.
    void fail(const failure& why);
    void fail_with_wrong_bytes(const std::string& what);

private:
    std::uint64_t unclaimed_;
    eddy::time_point end_ = eddy::time_point::max();
};

} // namespace client
