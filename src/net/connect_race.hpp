// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/scope.hpp>
#include <eddy/net/connect_options.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/stream.hpp>

#include "net/engine_call.hpp"

#include <memory>
#include <vector>

namespace eddy::detail {

/// Attempts to reach one of several addresses, side by side.
class connect_race {
public:
    connect_race(endpoint::transport kind, deadline limit, const connect_options& options) noexcept
        : kind_(kind), limit_(limit), options_(&options) {}

    /// The first stream that is made, or why there is none.
    task<result<std::unique_ptr<stream>>> run(std::vector<address> targets) {
        for (auto& target : targets) {
            const bool is_last = &target == &targets.back();
            const auto next = is_last ? deadline::never() : within(options_->attempt_delay);
            const auto failed_before = failed_;
            attempts_.spawn(attempt(std::move(target)));
            // A failure brings the next one on; behind the last one all have to fail.
            while (!winner_ && (is_last ? !attempts_.empty() : failed_ == failed_before)) {
                change_awaiter change(*this, next);
                const auto end = co_await change;
                if (end == errc::cancelled) {
                    co_return end;
                }
                if (end) {
                    break; // it has had its time
                }
            }
            if (winner_) {
                co_return std::move(winner_);
            }
        }
        co_return last_;
    }

private:
    /// Waits until an attempt has ended, or until a deadline.
    class change_awaiter final : public waiter, private timer {
    public:
        change_awaiter(connect_race& race, deadline limit) noexcept
            : timer([](timer& due) noexcept {
                  static_cast<change_awaiter&>(due).finish(errc::timed_out);
              }),
              race_(&race), limit_(limit) {}
        ~change_awaiter() { race_->waiting_ = nullptr; }

        [[nodiscard]] bool await_ready() const noexcept { return false; }
        error_code await_resume() const noexcept { return outcome_; }

        void finish(error_code outcome) noexcept {
            race_->waiting_ = nullptr;
            outcome_ = outcome;
            owner().disarm(*this);
            wake();
        }

    private:
        bool start() override {
            race_->waiting_ = this;
            owner().arm(*this, limit_.at());
            return true;
        }
        void on_stop() noexcept override { finish(errc::cancelled); }

        connect_race* race_;
        deadline limit_;
        error_code outcome_;
    };

    task<> attempt(address target) {
        op_awaiter<connect_op> made(limit_);
        made.operation.transport = kind_;
        made.operation.target = std::move(target);
        made.operation.options = options_->socket;
        const auto failure = co_await made;
        if (failure) {
            last_ = failure;
            ++failed_;
        } else if (!winner_) {
            winner_ = std::move(made.operation.connected);
        }
        if (waiting_) {
            waiting_->finish({});
        }
    }

    endpoint::transport kind_;
    deadline limit_;
    const connect_options* options_;
    std::unique_ptr<stream> winner_;
    error_code last_ = errc::no_such_host;
    std::size_t failed_ = 0;
    change_awaiter* waiting_ = nullptr;
    scope attempts_; // declared last: its end drops those that have not won
};

} // namespace eddy::detail
