// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/net/connect_op.hpp>

namespace eddy::detail {

inline bool start(engine& driver, connect_op& op) {
    return driver.start_connect(op);
}
inline void cancel(engine& driver, connect_op& op) noexcept {
    driver.cancel_connect(op);
}
inline bool start(engine& driver, resolve_op& op) {
    return driver.start_resolve(op);
}
inline void cancel(engine& driver, resolve_op& op) noexcept {
    driver.cancel_resolve(op);
}

/// Takes from the coroutine's share of operations, and lets the others run when it is used up: much
/// of what is refused is refused at once, and somebody who tries again and again must not keep the
/// loop to himself.
class share_awaiter final : public waiter {
public:
    [[nodiscard]] bool await_ready() const { return loop::current().spend(); }
    void await_resume() const noexcept {}

private:
    bool start() override {
        wake();
        return true;
    }
    void on_stop() noexcept override {}
};

/// Waits for one operation of the engine, until a deadline.
template <class Op>
class op_awaiter final : public waiter, private timer {
public:
    explicit op_awaiter(deadline limit)
        : timer([](timer& due) noexcept { static_cast<op_awaiter&>(due).give_up(errc::timed_out); }
          ),
          limit_(limit) {}

    ~op_awaiter() {
        if (is_pending_) {
            detail::cancel(owner().driver(), operation);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    error_code await_resume() const noexcept { return operation.error; }

    struct owned_op final : Op {
        explicit owned_op(op_awaiter& whole) noexcept
            : Op([](io_op& op) noexcept { static_cast<owned_op&>(op).self->finished(); }),
              self(&whole) {}
        op_awaiter* self;
    };
    owned_op operation{*this};

private:
    bool start() override {
        if (detail::start(owner().driver(), operation)) {
            return false;
        }
        is_pending_ = true;
        owner().arm(*this, limit_.at());
        return true;
    }

    void finished() noexcept {
        is_pending_ = false;
        owner().disarm(*this);
        wake();
    }

    void give_up(errc why) noexcept {
        detail::cancel(owner().driver(), operation);
        operation.error = why;
        finished();
    }

    void on_stop() noexcept override { give_up(errc::cancelled); }

    deadline limit_;
    bool is_pending_ = false;
};

} // namespace eddy::detail
