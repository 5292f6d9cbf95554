// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstdint>

namespace eddy::detail {

/// Lets `rate` things a second pass, and as many at once after a quiet second. A rate of zero lets
/// everything pass.
class token_bucket {
public:
    explicit token_bucket(std::uint32_t rate) noexcept : rate_(rate), tokens_(rate) {}

    /// How long until the next one may pass; zero: now.
    [[nodiscard]] duration wait(time_point now) noexcept;
    /// One passes.
    void take() noexcept;

private:
    std::uint32_t rate_;
    double tokens_;
    time_point filled_ = time_point::min();
};

} // namespace eddy::detail
