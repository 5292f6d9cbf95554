// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/promise.hpp>
#include <eddy/core/stop_token.hpp>

namespace eddy {

namespace detail {

/// Reads something from the awaiting coroutine's context; never suspends.
class stop_token_awaiter {
public:
    stop_token_awaiter() noexcept = default;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> asking) noexcept {
        token_ = stop_token(asking.promise().context->stop);
        return false;
    }
    [[nodiscard]] stop_token await_resume() const noexcept { return token_; }

private:
    stop_token token_;
};

} // namespace detail

/// What a task can ask about itself.
namespace this_task {

/// The stop token of the task: `if ((co_await this_task::stop_token()).stop_requested())`. For work
/// that seldom waits. Never suspends, never throws. The token lives as long as the outermost task
/// of the chain.
[[nodiscard]] inline detail::stop_token_awaiter stop_token() noexcept {
    return detail::stop_token_awaiter();
}

} // namespace this_task
} // namespace eddy
