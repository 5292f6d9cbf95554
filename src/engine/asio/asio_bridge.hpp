// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace eddy::detail {

/// An `io_context` beside an engine that has a poll set of its own: Asio waits, and calls the
/// engine when that set has something to tell.
///
/// @par Thread safety
/// On the loop's thread.
class asio_bridge {
public:
    /// `round` reports what the set has, without waiting.
    asio_bridge(int poll_set, std::function<void()> round);
    ~asio_bridge();

    [[nodiscard]] boost::asio::io_context& context() noexcept;

    void run();
    void stop() noexcept;
    void round_soon() noexcept;
    /// A round at `at`; `time_point::max()` for none.
    void arm(time_point at) noexcept;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace eddy::detail
