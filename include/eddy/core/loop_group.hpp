// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>
#include <eddy/core/loop.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace eddy {

/// Several loops, each on a thread of its own, or the first on the caller's.
///
/// Life cycle: constructed → `start` or `run` → `stop` → `join`; once. Destruction stops and joins.
///
/// The threads are named eddy/0, eddy/1 … and have all signals blocked. An exception that leaves a
/// loop stops all of them.
///
/// @par Thread safety
/// `stop` from any thread; everything else from the one that owns the group.
class EDDY_EXPORT loop_group {
public:
    /// Loops on the engine of that name. Throws `eddy::error` for an unknown one,
    /// `std::invalid_argument` for no loops.
    explicit loop_group(std::size_t size, std::string_view engine = "auto");
    explicit loop_group(std::vector<std::unique_ptr<engine>> engines);
    loop_group(const loop_group&) = delete;
    loop_group& operator=(const loop_group&) = delete;
    ~loop_group();

    [[nodiscard]] std::size_t size() const noexcept { return loops_.size(); }
    [[nodiscard]] loop& operator[](std::size_t index) const noexcept {
        return loops_[index]->value;
    }

    /// Starts every loop on a thread of its own.
    ///
    /// Throws `eddy::error` when the system gives no thread; those that had started are stopped and
    /// joined by then.
    void start();

    /// Runs the first loop on this thread and the others on theirs, until `stop`; joins them.
    /// Errors as `start` and `join`.
    void run();

    /// Makes every loop return. Any thread, also before `start`.
    void stop() noexcept;

    /// Waits until every thread has ended. Throws an exception that left a loop, the lowest one's
    /// when there are several.
    void join();

private:
    struct threads;

    void start_from(std::size_t first);
    void run_loop(std::size_t index) noexcept;
    void join_threads() noexcept;

    std::vector<std::unique_ptr<detail::on_own_lines<loop>>> loops_;
    std::vector<std::exception_ptr> failures_; // one a loop, written by its thread
    std::unique_ptr<threads> threads_;
};

} // namespace eddy
