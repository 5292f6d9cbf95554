// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/asio/loop.hpp>
#include <eddy/core/awaiter.hpp>
#include <eddy/core/result.hpp>
#include <eddy/core/stored_value.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace eddy {

/// The type of `use_task`.
struct use_task_t {};

/// Makes any asynchronous operation of Asio one that a task waits for:
///
///     auto addresses = co_await resolver.async_resolve(host, port, eddy::use_task);
///
/// An operation begins when it is awaited, on the task's loop, and its handler runs there.
///
/// | the operation's handler takes | the await gives |
/// |---|---|
/// | `(error_code)` | `result<void>` |
/// | `(error_code, T)` | `result<T>`; of several values `result<std::tuple<T...>>` |
/// | `(std::exception_ptr, T...)` | `T`, or throws |
/// | `()`, `(T)` | nothing, `T` |
///
/// @par Errors
/// As of the operation. Asio's end of file reads `errc::end_of_stream`, and an operation that ended
/// because the task was stopped `errc::cancelled`. Throws `eddy::error` on a loop without an
/// `io_context` (a simulation).
///
/// @par Cancellation
/// A stop of the task is a terminal cancellation of the operation. One that Asio cannot cancel,
/// such as a name that is looked up, ends when it ends. The same goes for a waiting task that is
/// destroyed: then nobody gets the outcome.
///
/// @par Thread safety
/// In a task, with objects of its loop (`context_of`). Operations that cannot be cancelled, such as
/// `post`, may go to any context.
///
/// @par Example
/// @snippet examples/09_websocket/main.cpp handler
inline constexpr use_task_t use_task{};

namespace detail {

[[nodiscard]] EDDY_EXPORT error_code from_asio(const boost::system::error_code& code) noexcept;

/// What an operation whose handler takes `Args` comes to.
template <class... Args>
struct asio_values {
    using type = std::tuple<Args...>;
    static type from(Args... args) { return type(std::move(args)...); }
};
template <>
struct asio_values<> {
    using type = void;
};
template <class Value>
struct asio_values<Value> {
    using type = Value;
    static type from(Value value) { return value; }
};

template <class... Args>
struct asio_outcome {
    using type = typename asio_values<Args...>::type;
    static type of(bool /*is_stopping*/, Args&... args) {
        if constexpr (sizeof...(Args) != 0) {
            return asio_values<Args...>::from(std::move(args)...);
        }
    }
};
template <class... Args>
struct asio_outcome<boost::system::error_code, Args...> {
    using type = result<typename asio_values<Args...>::type>;
    static type of(bool is_stopping, const boost::system::error_code& code, Args&... args) {
        if (code) {
            const bool is_stopped = is_stopping && code == boost::asio::error::operation_aborted;
            return is_stopped ? make_error_code(errc::cancelled) : from_asio(code);
        }
        if constexpr (sizeof...(Args) != 0) {
            return asio_values<Args...>::from(std::move(args)...);
        } else {
            return {};
        }
    }
};
template <class... Args>
struct asio_outcome<std::exception_ptr, Args...> {
    using type = typename asio_values<Args...>::type;
    static type of(bool /*is_stopping*/, const std::exception_ptr& failure, Args&... args) {
        if (failure) {
            std::rethrow_exception(failure);
        }
        if constexpr (sizeof...(Args) != 0) {
            return asio_values<Args...>::from(std::move(args)...);
        }
    }
};

/// An operation under way. Shared by the task that waits and the handler, as each may be gone
/// first.
template <class... Args>
struct asio_call {
    waiter* waiting = nullptr; // null when nobody waits any more
    boost::asio::cancellation_signal cancellation;
    std::optional<std::tuple<Args...>> arguments;
};

template <class... Args>
class asio_handler {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    asio_handler(std::shared_ptr<asio_call<Args...>> call, executor_type executor) noexcept
        : call_(std::move(call)), executor_(executor) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
        return call_->cancellation.slot();
    }

    void operator()(Args... args) {
        call_->arguments.emplace(std::move(args)...);
        if (waiter* const waiting = std::exchange(call_->waiting, nullptr)) {
            waiting->wake();
        }
    }

private:
    std::shared_ptr<asio_call<Args...>> call_;
    executor_type executor_;
};

/// Begins an operation when it is awaited; `Start` is called with the handler.
template <class Start, class... Args>
class asio_awaiter final : public waiter {
public:
    explicit asio_awaiter(Start&& begin) : start_(std::move(begin)) {}
    ~asio_awaiter() {
        if (call_ && std::exchange(call_->waiting, nullptr)) {
            call_->cancellation.emit(boost::asio::cancellation_type::terminal);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    typename asio_outcome<Args...>::type await_resume() {
        const auto outcome = [this](auto&... args) {
            return asio_outcome<Args...>::of(is_stopping(), args...);
        };
        return std::apply(outcome, *call_->arguments);
    }

private:
    bool start() override {
        const auto executor = context_of(owner()).get_executor();
        call_ = std::make_shared<asio_call<Args...>>();
        call_->waiting = this;
        std::move(start_)(asio_handler<Args...>(call_, executor));
        return true;
    }
    void on_stop() noexcept override {
        call_->cancellation.emit(boost::asio::cancellation_type::terminal);
    }

    Start start_;
    std::shared_ptr<asio_call<Args...>> call_;
};

} // namespace detail
} // namespace eddy

/// @cond
// Beast gives a literal 0 for a size, which becomes an int on its way through here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
template <class Result, class... Args>
class boost::asio::async_result<eddy::use_task_t, Result(Args...)> {
public:
    template <class Initiation, class... InitArgs>
    static auto initiate(Initiation&& initiation, eddy::use_task_t, InitArgs&&... args) {
        auto start = [begin = std::decay_t<Initiation>(std::forward<Initiation>(initiation)),
                      ... kept = std::decay_t<InitArgs>(std::forward<InitArgs>(args))](
                         eddy::detail::asio_handler<std::decay_t<Args>...> handler
                     ) mutable { std::move(begin)(std::move(handler), std::move(kept)...); };
        return eddy::detail::asio_awaiter<decltype(start), std::decay_t<Args>...>(std::move(start));
    }
};
#pragma GCC diagnostic pop
/// @endcond
