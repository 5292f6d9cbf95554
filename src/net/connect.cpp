// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>

#include "net/attempt_order.hpp"
#include "net/connect_plan.hpp"
#include "net/connect_race.hpp"
#include "net/engine_call.hpp"
#include "net/memory.hpp"
#include "net/resolve_until.hpp"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace eddy {
namespace {

result<session> connect_in_memory(const endpoint& where, const connect_options& options) {
    auto made = connect_memory(where.path());
    if (!made) {
        return made.error();
    }
    return session(std::move(*made), options.limits);
}

/// One attempt at one endpoint.
task<result<session>>
attempt(const endpoint& where, const connect_options& options, deadline limit) {
    co_await detail::share_awaiter();
    if (options.timeout <= duration::zero()) {
        co_return errc::timed_out;
    }
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
            auto found = co_await detail::resolve_until(where.host(), where.port(), limit);
            if (!found) {
                co_return found.error();
            }
            targets = std::move(*found);
        }
        break;
    default:
        co_return errc::not_supported;
    }
    detail::connect_race race(where.kind(), limit, options);
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

std::vector<connect_failure>
failures_of(const detail::connect_plan& plan, const std::vector<endpoint>& where) {
    std::vector<connect_failure> failures;
    for (std::size_t target = 0; target != where.size(); ++target) {
        if (const auto& tried = plan.outcomes()[target]; tried.attempts != 0) {
            failures.push_back({where[target], tried.why, tried.attempts});
        }
    }
    return failures;
}

/// False when the task is stopped before.
task<bool> sleep_unless_stopped(time_point until) {
    try {
        co_await sleep_until(until);
    } catch (const cancelled&) {
        co_return false;
    }
    co_return true;
}

} // namespace

task<connect_outcome> connect_any(std::vector<endpoint> where, connect_options options) {
    using step = detail::connect_plan::step::kind;
    if (where.empty()) {
        throw std::invalid_argument("connect: there is no endpoint; give at least one");
    }
    auto& home = loop::current();
    detail::connect_plan plan(where.size(), options, home.now(), home.driver().random_seed());
    error_code why;
    for (;;) {
        const auto todo = plan.next(home.now());
        if (todo.what == step::end) {
            why = plan.last();
            break;
        }
        if (todo.what == step::pause) {
            const bool goes_on = co_await sleep_unless_stopped(todo.until.at());
            if (goes_on) {
                continue;
            }
            why = errc::cancelled;
            break;
        }
        auto made = co_await attempt(where[todo.target], options, todo.until);
        if (made) {
            co_return connect_outcome(std::move(made), failures_of(plan, where));
        }
        if (made.error() == errc::cancelled) {
            why = errc::cancelled;
            break;
        }
        plan.failed(made.error());
    }
    co_return connect_outcome(why, failures_of(plan, where));
}

task<result<session>> connect(endpoint where, connect_options options) {
    std::vector<endpoint> targets;
    targets.push_back(std::move(where));
    co_return co_await connect_any(std::move(targets), options);
}

bool is_worth_retrying(error_code why) noexcept {
    for (const auto final_one : {errc::cancelled, errc::no_such_host, errc::not_supported}) {
        if (why == final_one) {
            return false;
        }
    }
    for (const auto final_one : {
             std::errc::address_family_not_supported,
             std::errc::invalid_argument,
             std::errc::operation_not_permitted,
             std::errc::permission_denied,
             std::errc::protocol_not_supported,
         }) {
        if (why == final_one) {
            return false;
        }
    }
    return true;
}

std::string to_string(std::span<const connect_failure> failures) {
    std::string text;
    for (const auto& each : failures) {
        text += text.empty() ? "" : ", ";
        text += each.at.to_string() + ": " + each.why.message();
        if (each.attempts > 1) {
            text += " (" + std::to_string(each.attempts) + " attempts)";
        }
    }
    return text;
}

} // namespace eddy
