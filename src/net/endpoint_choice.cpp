// SPDX-License-Identifier: BSL-1.0
#include "net/endpoint_choice.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace eddy::detail {

endpoint_choice::endpoint_choice(
    std::vector<endpoint> where,
    pool_spread spread,
    const backoff_options& pause,
    std::uint64_t seed
)
    : spread_(spread), pause_(pause), seeds_(seed) {
    replace(std::move(where));
}

void endpoint_choice::replace(std::vector<endpoint> where) {
    if (where.empty()) {
        throw std::invalid_argument("pool: there is no endpoint; give at least one");
    }
    std::vector<target> chosen;
    for (auto& wanted : where) {
        const auto is_wanted = [&wanted](const target& each) { return each->at == wanted; };
        if (std::any_of(chosen.begin(), chosen.end(), is_wanted)) {
            continue;
        }
        const auto known = std::find_if(targets_.begin(), targets_.end(), is_wanted);
        chosen.push_back(
            known != targets_.end()
                ? *known
                : std::make_shared<pool_target>(std::move(wanted), pause_, seeds_.next())
        );
    }
    for (const auto& each : targets_) {
        each->is_removed = std::find(chosen.begin(), chosen.end(), each) == chosen.end();
    }
    targets_ = std::move(chosen);
    turn_ = 0;
}

bool endpoint_choice::is_usable(const pool_target& at, time_point now) noexcept {
    return !at.is_bad || (at.connecting == 0 && at.until <= now);
}

endpoint_choice::target endpoint_choice::pick(time_point now) {
    std::size_t best = targets_.size();
    for (std::size_t step = 0; step != targets_.size(); ++step) {
        const std::size_t each = (turn_ + step) % targets_.size();
        if (!is_usable(*targets_[each], now)) {
            continue;
        }
        if (best == targets_.size() || targets_[each]->sessions < targets_[best]->sessions) {
            best = each;
        }
        if (spread_ == pool_spread::round_robin) {
            break;
        }
    }
    if (best == targets_.size()) {
        return nullptr;
    }
    turn_ = (best + 1) % targets_.size();
    return targets_[best];
}

time_point endpoint_choice::next_trial() const noexcept {
    auto next = time_point::max();
    for (const auto& each : targets_) {
        if (each->is_bad && each->connecting == 0) {
            next = std::min(next, each->until);
        }
    }
    return next;
}

error_code endpoint_choice::hopeless() const noexcept {
    const bool is_so = std::all_of(targets_.begin(), targets_.end(), [](const target& each) {
        return each->is_bad && !is_worth_retrying(each->why);
    });
    return is_so ? targets_.front()->why : error_code();
}

std::vector<connect_failure> endpoint_choice::failures() const {
    std::vector<connect_failure> found;
    for (const auto& each : targets_) {
        if (each->is_bad) {
            found.push_back({each->at, each->why, each->failures});
        }
    }
    return found;
}

void endpoint_choice::began(pool_target& at) noexcept {
    ++at.sessions;
    ++at.connecting;
}

bool endpoint_choice::connected(pool_target& at) noexcept {
    --at.connecting;
    at.failures = 0;
    at.pause.reset();
    return std::exchange(at.is_bad, false);
}

bool endpoint_choice::failed(pool_target& at, error_code why, time_point now) noexcept {
    --at.sessions;
    --at.connecting;
    at.why = why;
    ++at.failures;
    // Several that were under way at once fail for one reason: that is one step, not many.
    if (!at.is_bad || at.until <= now) {
        at.until = deadline::after(now, at.pause.next()).at();
    }
    return !std::exchange(at.is_bad, true);
}

} // namespace eddy::detail
