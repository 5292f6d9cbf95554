// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/stored_value.hpp>
#include <eddy/core/task.hpp>
#include <eddy/core/this_task.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace eddy {

namespace detail {

/// Runs `work` and keeps its result. To its scope a task that gives up is no failure, but here the
/// others are stopped too.
template <class Value>
task<> keep_result(task<Value> work, std::optional<stored_value<Value>>& kept, scope& all) {
    try {
        if constexpr (std::is_void_v<Value>) {
            co_await std::move(work);
            kept.emplace();
        } else {
            kept.emplace(co_await std::move(work));
        }
    } catch (...) {
        all.request_stop();
        throw;
    }
}

template <std::size_t... Index, class... Values>
task<std::tuple<stored_value<Values>...>>
all_of(std::index_sequence<Index...> /*each*/, task<Values>... work) {
    std::tuple<std::optional<stored_value<Values>>...> kept;
    scope children; // declared last: its tasks write to `kept`
    const stop_token stop = co_await this_task::stop_token();
    if (stop.stop_requested()) {
        children.request_stop();
    }
    (children.spawn(keep_result(std::move(work), std::get<Index>(kept), children)), ...);
    co_await children.join();
    if (!(std::get<Index>(kept).has_value() && ...)) {
        throw cancelled();
    }
    co_return std::tuple<stored_value<Values>...>(std::move(*std::get<Index>(kept))...);
}

} // namespace detail

/// Runs the tasks side by side on this loop and gives all their results; `std::monostate` stands
/// for void.
///
/// Completes when every task has ended.
///
/// @par Errors
/// The first exception that leaves a task stops the others and is thrown when they have ended; what
/// they throw then is dropped. Throws `eddy::cancelled` when a task gave up by that.
///
/// @par Cancellation
/// A stop is passed on to the tasks; those that ignore it are waited for, and when all of them have
/// a result it is given.
///
/// @par Thread safety
/// In a task, on its loop.
template <class... Values>
[[nodiscard]] task<std::tuple<detail::stored_value<Values>...>> when_all(task<Values>... work) {
    return detail::all_of(std::index_sequence_for<Values...>(), std::move(work)...);
}

/// The same for tasks of one kind, in their order.
template <class Value>
[[nodiscard]] task<std::vector<Value>> when_all(std::vector<task<Value>> work) {
    std::vector<std::optional<Value>> kept(work.size());
    scope children;
    const stop_token stop = co_await this_task::stop_token();
    if (stop.stop_requested()) {
        children.request_stop();
    }
    for (std::size_t i = 0; i < work.size(); ++i) {
        children.spawn(detail::keep_result(std::move(work[i]), kept[i], children));
    }
    co_await children.join();
    std::vector<Value> values;
    values.reserve(kept.size());
    for (auto& value : kept) {
        if (!value) {
            throw cancelled();
        }
        values.push_back(std::move(*value));
    }
    co_return values;
}

/// The same for tasks without results.
[[nodiscard]] EDDY_EXPORT task<> when_all(std::vector<task<>> work);

} // namespace eddy
