// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/connect_op.hpp>

#include "net/attempt_order.hpp"
#include "net/memory.hpp"

#include <memory>
#include <vector>

namespace eddy {
namespace {

bool start(engine& driver, connect_op& op) {
    return driver.start_connect(op);
}
void cancel(engine& driver, connect_op& op) noexcept {
    driver.cancel_connect(op);
}
bool start(engine& driver, resolve_op& op) {
    return driver.start_resolve(op);
}
void cancel(engine& driver, resolve_op& op) noexcept {
    driver.cancel_resolve(op);
}

/// Takes from the coroutine's share of operations, and lets the others run when it is used up: much
/// of what is refused is refused at once, and somebody who tries again and again must not keep the
/// loop to himself.
class share_awaiter final : public detail::waiter {
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
class op_awaiter final : public detail::waiter, private detail::timer {
public:
    explicit op_awaiter(deadline limit)
        : timer([](timer& due) noexcept { static_cast<op_awaiter&>(due).give_up(errc::timed_out); }
          ),
          limit_(limit) {}

    ~op_awaiter() {
        if (is_pending_) {
            cancel(owner().driver(), operation);
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
        if (eddy::start(owner().driver(), operation)) {
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
        cancel(owner().driver(), operation);
        operation.error = why;
        finished();
    }

    void on_stop() noexcept override { give_up(errc::cancelled); }

    deadline limit_;
    bool is_pending_ = false;
};

task<result<std::vector<address>>>
resolve_until(std::string host, std::uint16_t port, deadline limit) {
    op_awaiter<resolve_op> found(limit);
    found.operation.host = std::move(host);
    found.operation.port = port;
    if (const auto failure = co_await found) {
        co_return failure;
    }
    co_return std::move(found.operation.addresses);
}

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
    class change_awaiter final : public detail::waiter, private detail::timer {
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

result<session> connect_in_memory(const endpoint& where, const connect_options& options) {
    auto made = connect_memory(where.path());
    if (!made) {
        return made.error();
    }
    return session(std::move(*made), options.limits);
}

} // namespace

task<result<session>> connect(endpoint where, connect_options options) {
    co_await share_awaiter();
    if (options.timeout <= duration::zero()) {
        co_return errc::timed_out;
    }
    const auto limit = within(options.timeout);
    std::vector<address> targets;
    switch (where.kind()) {
    case endpoint::transport::mem:
        co_return connect_in_memory(where, options);
    case endpoint::transport::unix_stream:
        targets.push_back(address::local(where.path()));
        break;
    case endpoint::transport::tcp:
        if (auto numeric = where.numeric()) {
            targets.push_back(std::move(*numeric));
        } else {
            auto found = co_await resolve_until(where.host(), where.port(), limit);
            if (!found) {
                co_return found.error();
            }
            targets = std::move(*found);
        }
        break;
    default:
        co_return errc::not_supported;
    }
    connect_race race(where.kind(), limit, options);
    auto made = co_await race.run(detail::attempt_order(std::move(targets)));
    if (!made) {
        co_return made.error();
    }
    try {
        co_return session(std::move(*made), options.limits);
    } catch (const error& refused) { // the loop has no room to watch it
        co_return refused.code();
    }
}

task<result<std::vector<address>>> resolve(std::string host, std::uint16_t port, duration timeout) {
    co_await share_awaiter();
    const auto limit = within(timeout);
    std::string literal = host;
    if (host.find(':') != std::string::npos) {
        literal.insert(0, 1, '[').push_back(']');
    }
    if (auto numeric = address::parse(literal + ':' + std::to_string(port))) {
        co_return std::vector<address>(1, std::move(*numeric));
    }
    co_return co_await resolve_until(std::move(host), port, limit);
}

} // namespace eddy
