// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/net/acceptor.hpp>

#include <memory>

namespace eddy::detail {

/// Waits for the next connection of a listener; gives the outcome as the system says it, or
/// `errc::cancelled`.
class accept_awaiter final : public waiter {
public:
    explicit accept_awaiter(acceptor& at) noexcept : at_(&at) {}
    ~accept_awaiter() {
        if (is_pending_) {
            at_->cancel_accept();
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    error_code await_resume() const noexcept { return operation_.error; }
    [[nodiscard]] std::unique_ptr<stream> take() noexcept { return std::move(operation_.accepted); }

private:
    struct owned_op final : accept_op {
        explicit owned_op(accept_awaiter& whole) noexcept
            : accept_op([](io_op& op) noexcept { static_cast<owned_op&>(op).self->finished(); }),
              self(&whole) {}
        accept_awaiter* self;
    };

    bool start() override {
        is_pending_ = !at_->start_accept(operation_);
        return is_pending_;
    }

    void finished() noexcept {
        is_pending_ = false;
        wake();
    }

    void on_stop() noexcept override {
        at_->cancel_accept();
        operation_.error = errc::cancelled;
        finished();
    }

    acceptor* at_;
    owned_op operation_{*this};
    bool is_pending_ = false;
};

} // namespace eddy::detail
