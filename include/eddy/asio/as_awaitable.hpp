// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/stored_value.hpp>
#include <eddy/core/task.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace eddy {
namespace detail {

/// A task that runs on a loop for somebody else's coroutine.
template <class Value>
class awaited_task : public std::enable_shared_from_this<awaited_task<Value>> {
public:
    awaited_task(loop& where, task<Value> work) : where_(&where), work_(std::move(work)) {}

    /// Starts the task; `handler()` is called where it belongs when that has ended. Any thread.
    template <class Handler>
    void begin(Handler handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([self = this->weak_from_this()](boost::asio::cancellation_type) {
                if (const auto task = self.lock()) {
                    task->where_->post([task] { task->request_stop(); });
                }
            });
        }
        where_->post([self = this->shared_from_this(), handler = std::move(handler)]() mutable {
            self->where_->tasks().spawn(run(self, std::move(handler)));
        });
    }

    /// The task's result, or its exception; a stop as Asio tells of one.
    Value take() {
        try {
            if (failure_) {
                std::rethrow_exception(failure_);
            }
        } catch (const cancelled&) {
            throw boost::system::system_error(boost::asio::error::operation_aborted);
        }
        if constexpr (!std::is_void_v<Value>) {
            return std::move(*value_);
        }
    }

private:
    template <class Handler>
    static task<> run(std::shared_ptr<awaited_task> self, Handler handler) {
        const auto work =
            boost::asio::make_work_guard(boost::asio::get_associated_executor(handler));
        scope only;
        self->running_ = &only;
        only.spawn(self->keep_outcome());
        if (self->stop_requested_) {
            only.request_stop();
        }
        co_await only.join();
        self->running_ = nullptr;
        boost::asio::post(work.get_executor(), std::move(handler));
    }

    task<> keep_outcome() {
        try {
            if constexpr (std::is_void_v<Value>) {
                co_await std::move(work_);
            } else {
                value_.emplace(co_await std::move(work_));
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    void request_stop() noexcept {
        stop_requested_ = true;
        if (running_) {
            running_->request_stop();
        }
    }

    loop* where_;
    task<Value> work_;
    scope* running_ = nullptr;
    bool stop_requested_ = false;
    std::optional<stored_value<Value>> value_;
    std::exception_ptr failure_;
};

} // namespace detail

/// Runs a task inside code on `asio::awaitable`:
///
///     const auto reply = co_await eddy::as_awaitable(loop, ask(question));
///
/// The awaiting coroutine goes on where it was, on its own executor, which may be on another thread
/// than the loop.
///
/// @param where  Runs the task and owns it; must outlive it.
///
/// @par Errors
/// Throws what leaves the task.
///
/// @par Cancellation
/// A cancellation of the awaiting coroutine stops the task, and the wait ends when that has ended.
/// `eddy::cancelled` is thrown as a `boost::system::system_error` of `operation_aborted`. A loop
/// that is destroyed destroys the task; the awaiting coroutine then never goes on, and is destroyed
/// with its own context.
///
/// @par Thread safety
/// Any thread.
template <class Value>
boost::asio::awaitable<Value> as_awaitable(loop& where, task<Value> work) {
    const auto run = std::make_shared<detail::awaited_task<Value>>(where, std::move(work));
    // Named: g++ 12 destroys a lambda that owns something twice when it stands in a co_await.
    const auto begin = [run](auto handler) { run->begin(std::move(handler)); };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        begin, boost::asio::use_awaitable
    );
    co_return run->take();
}

} // namespace eddy
