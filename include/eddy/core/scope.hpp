// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/task.hpp>

#include <cstddef>

namespace eddy {

class child_task;

/// Owns tasks that run side by side on one loop: nothing that was spawned is ever lost.
///
/// Life cycle: open → `request_stop` (optional) → `join` (empty). Destruction with tasks inside
/// destroys them where they wait. Declare it after what its tasks use.
///
/// @par Errors
/// The first exception that leaves a task is kept, the others are stopped, and `join` throws it.
///
/// @par Thread safety
/// On its loop only.
class EDDY_EXPORT scope {
public:
    scope() noexcept = default;
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope();

    /// Starts `child` now, on the current loop; it runs up to its first wait before this returns.
    void spawn(task<> child);

    /// Asks every task, and every one that is spawned later, to stop.
    void request_stop() noexcept;

    /// Destroys every task where it waits, the newest first, without asking. Must not be called by
    /// one of them.
    void destroy_all() noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    class EDDY_EXPORT join_awaiter final : public detail::waiter {
    public:
        explicit join_awaiter(scope& joined) noexcept : scope_(&joined) {}

        [[nodiscard]] bool await_ready() const noexcept { return scope_->empty(); }
        void await_resume() const;

    private:
        bool start() override;
        void on_stop() noexcept override { scope_->request_stop(); }

        scope* scope_;
    };

    /// Waits until every task has ended. Throws what the first failed task threw.
    ///
    /// @par Cancellation
    /// A stop of the waiting task is passed on to the scope; the wait goes on until the tasks have
    /// ended.
    [[nodiscard]] join_awaiter join() noexcept { return join_awaiter(*this); }

private:
    friend class child_task;
    void ended(std::exception_ptr failure) noexcept;
    void wake_joiners() noexcept;

    detail::intrusive_list children_;
    detail::intrusive_list joiners_;
    std::size_t size_ = 0;
    std::exception_ptr failure_;
    bool stopped_ = false;
};

} // namespace eddy
