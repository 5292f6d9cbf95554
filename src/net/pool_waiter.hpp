// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/net/lease.hpp>

#include <cstddef>
#include <optional>

namespace eddy::detail {

/// Those who wait for a lease, in their order.
class waiting_line {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] pool_waiter* first() const noexcept;

private:
    friend class pool_waiter;
    intrusive_list line_;
    std::size_t size_ = 0;
};

/// One who waits for a lease, in the line from the construction on.
class pool_waiter final : public waiter, private timer {
public:
    pool_waiter(waiting_line& line, deadline limit) noexcept
        : timer([](timer& due) noexcept { static_cast<pool_waiter&>(due).finish(errc::timed_out); }
          ),
          line_(&line), limit_(limit) {
        line.line_.push_back(*this);
        ++line.size_;
    }
    ~pool_waiter() { leave(); }

    /// Gives the lease; it goes back when the waiting coroutine is destroyed instead of resumed.
    void take(lease given) noexcept {
        given_.emplace(std::move(given));
        finish({});
    }
    /// There will be none.
    void finish(error_code why) noexcept;

    [[nodiscard]] bool await_ready() const noexcept { return is_finished_; }
    result<lease> await_resume() {
        return given_ ? result<lease>(std::move(*given_)) : result<lease>(why_);
    }

private:
    bool start() override;
    void on_stop() noexcept override { finish(errc::cancelled); }
    void leave() noexcept;

    waiting_line* line_;
    deadline limit_;
    std::optional<lease> given_;
    error_code why_;
    bool is_waiting_ = true; // in the line
    bool is_finished_ = false;
    bool is_suspended_ = false;
};

inline pool_waiter* waiting_line::first() const noexcept {
    return static_cast<pool_waiter*>(line_.front());
}

} // namespace eddy::detail
