// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/stored_value.hpp>
#include <eddy/core/task.hpp>
#include <eddy/core/this_task.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace eddy {

namespace detail {

/// The winner of a race between tasks, or what the first to end threw.
template <class Winner>
struct race {
    [[nodiscard]] bool is_decided() const noexcept { return winner.has_value() || failure; }

    std::optional<Winner> winner;
    std::exception_ptr failure;
    scope runners; // declared last: its tasks write to the above
};

template <std::size_t Index, class Winner, class Value>
task<> run_in(race<Winner>& entered, task<Value> work) {
    try {
        if constexpr (std::is_void_v<Value>) {
            co_await std::move(work);
            if (!entered.is_decided()) {
                entered.winner.emplace(std::in_place_index<Index>);
            }
        } else {
            Value value = co_await std::move(work);
            if (!entered.is_decided()) {
                entered.winner.emplace(std::in_place_index<Index>, std::move(value));
            }
        }
    } catch (const cancelled&) {
        throw; // it gave up: the others go on
    } catch (...) {
        if (!entered.is_decided()) {
            entered.failure = std::current_exception();
        }
    }
    entered.runners.request_stop();
}

template <std::size_t... Index, class... Values>
task<std::variant<stored_value<Values>...>>
any_of(std::index_sequence<Index...> /*each*/, task<Values>... work) {
    race<std::variant<stored_value<Values>...>> held;
    const stop_token stop = co_await this_task::stop_token();
    if (stop.stop_requested()) {
        held.runners.request_stop();
    }
    (held.runners.spawn(run_in<Index>(held, std::move(work))), ...);
    co_await held.runners.join();
    if (held.failure) {
        std::rethrow_exception(held.failure);
    }
    if (!held.winner) {
        throw cancelled();
    }
    co_return std::move(*held.winner);
}

} // namespace detail

/// Runs the tasks side by side on this loop until the first has ended; gives its result at its
/// index in a variant, where `std::monostate` stands for void. The others are stopped, and waited
/// for; what they give or throw then is dropped.
///
/// All tasks are started, in order, also when the first ends at once; the others find themselves
/// stopped then.
///
/// @par Errors
/// Throws what the first task to end threw; `eddy::cancelled` when all of them gave up by that.
///
/// @par Cancellation
/// A stop is passed on to the tasks; one that ends with a result all the same has won.
///
/// @par Thread safety
/// In a task, on its loop.
template <class... Values>
[[nodiscard]] task<std::variant<detail::stored_value<Values>...>> when_any(task<Values>... work) {
    static_assert(sizeof...(Values) != 0, "nobody would win");
    return detail::any_of(std::index_sequence_for<Values...>(), std::move(work)...);
}

} // namespace eddy
