// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/net/pool.hpp>

#include "net/endpoint_choice.hpp"
#include "net/idle_policy.hpp"
#include "net/pool_waiter.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace eddy::detail {

/// A session of a pool.
struct pooled final : list_node {
    pooled(session made, endpoint_choice::target made_to)
        : peer(std::move(made)), at(std::move(made_to)) {}
    ~pooled() { endpoint_choice::ended(*at); }

    session peer;
    endpoint_choice::target at;
    idle_times times;
    std::uint64_t leases = 0;
    bool is_discarded = false;
    std::optional<pool_close> heard; ///< What came while nobody had leased it ends it for that.
    scope watch; ///< Reads while nobody has leased it. Declared last: it uses the session.
};

/// Owns the sessions that nobody has leased, the one that was used last at the end.
class idle_sessions {
public:
    idle_sessions() noexcept = default;
    idle_sessions(const idle_sessions&) = delete;
    idle_sessions& operator=(const idle_sessions&) = delete;
    ~idle_sessions() {
        while (newest()) {
            take(*newest());
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] pooled* newest() const noexcept { return static_cast<pooled*>(list_.back()); }
    /// The first, from the oldest on, for which `test` is true; null when there is none.
    template <class Test>
    [[nodiscard]] pooled* find(Test test) const {
        for (auto* node = list_.front(); node; node = list_.next(*node)) {
            if (test(static_cast<const pooled&>(*node))) {
                return static_cast<pooled*>(node);
            }
        }
        return nullptr;
    }
    /// Least of `value(session)` of all of them; `otherwise` when there is none.
    template <class Value, class Function>
    [[nodiscard]] Value least(Function value, Value otherwise) const {
        for (auto* node = list_.front(); node; node = list_.next(*node)) {
            otherwise = std::min(otherwise, value(static_cast<const pooled&>(*node)));
        }
        return otherwise;
    }
    pooled& add(std::unique_ptr<pooled> idle) noexcept {
        list_.push_back(*idle);
        ++size_;
        return *idle.release();
    }
    /// Without the task that watches it.
    std::unique_ptr<pooled> take(pooled& idle) noexcept {
        idle.unlink();
        --size_;
        idle.watch.destroy_all();
        return std::unique_ptr<pooled>(&idle);
    }

private:
    intrusive_list list_;
    std::size_t size_ = 0;
};

/// What a pool is made of; leases keep it while they last.
///
/// A session is in one place at a time: in the making (a task of `trials_`), idle, leased, checked
/// (a task of `trials_`) or on its way out (of `goodbyes_`). All but the last count for
/// `max_sessions`.
class pool_state final : public std::enable_shared_from_this<pool_state> {
public:
    pool_state(std::vector<endpoint> where, pool_options options);
    ~pool_state();

    /// An idle session that is fit to be leased. There is none while anybody waits, nor after the
    /// end.
    [[nodiscard]] std::optional<lease> lease_idle();
    /// Why who finds no idle session may not wait.
    [[nodiscard]] error_code refusal(deadline limit);
    [[nodiscard]] waiting_line& line() noexcept { return line_; }
    /// Makes sessions for those who wait.
    void make_needed() noexcept;
    void note(error_code outcome) noexcept { stats_.timed_out += outcome == errc::timed_out; }

    void come_back(std::unique_ptr<pooled> used) noexcept;

    void set_endpoints(std::vector<endpoint> where);
    [[nodiscard]] std::vector<connect_failure> failures() const { return choice_.failures(); }
    [[nodiscard]] pool_stats stats() const noexcept;

    // The end.

    void begin_close() noexcept;
    /// Set when no session is leased any more.
    [[nodiscard]] event& all_back() noexcept { return all_back_; }
    void abort_leased() noexcept;
    /// Waits until everything has ended that `begin_close` has told to.
    task<> join();
    /// Drops everything that is not leased.
    void shut() noexcept;

private:
    struct look_timer final : timer {
        explicit look_timer(pool_state& whole) noexcept;
        pool_state* self;
    };

    task<> make(endpoint_choice::target at);
    void made(result<session> outcome, const endpoint_choice::target& at);
    [[nodiscard]] std::unique_ptr<pooled> pool_it(session made, const endpoint_choice::target& at);
    void failed(const endpoint_choice::target& at, error_code why) noexcept;
    void give(std::unique_ptr<pooled> fit, time_point idle_since) noexcept;
    [[nodiscard]] lease lend(std::unique_ptr<pooled> fit) noexcept;
    [[nodiscard]] std::optional<pool_close> fault_of(pooled& looked_at);
    task<> watch(pooled& idle);
    task<> check(std::unique_ptr<pooled> asked);
    task<> say_goodbye(std::unique_ptr<pooled> gone);
    void retire(std::unique_ptr<pooled> gone, pool_close why) noexcept;
    [[nodiscard]] std::optional<pool_close> out_of_place(const pooled& kept) const noexcept;
    [[nodiscard]] std::optional<pool_close> overdue(const pooled& idle) const noexcept;
    void begin_check(std::unique_ptr<pooled> asked) noexcept;
    void look() noexcept;
    void arm(time_point at) noexcept;
    [[nodiscard]] std::size_t coming() const noexcept { return connecting_ + checking_; }

    loop* owner_;
    pool_options options_;
    split_mix random_;
    endpoint_choice choice_;
    idle_sessions idle_;
    intrusive_list leased_;
    std::size_t leased_count_ = 0;
    std::size_t connecting_ = 0;
    std::size_t checking_ = 0;
    waiting_line line_;
    event all_back_;
    pool_stats stats_; // its counters
    look_timer timer_{*this};
    bool is_making_ = false;
    bool is_closed_ = false;
    bool is_shut_ = false;
    // Declared last: their tasks use all of the above.
    scope goodbyes_;
    scope trials_;
};

} // namespace eddy::detail
