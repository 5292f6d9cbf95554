// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>

#include <cstdint>
#include <liburing.h>
#include <sys/types.h>

namespace eddy::detail {

/// One io_uring instance (io_uring(7)), in which the kernel works only while its thread asks it to
/// (IORING_SETUP_DEFER_TASKRUN): what has been asked for changes nothing, takes no byte and fills
/// no buffer but inside `submit` and `wait`. The engine relies on that for the order of bytes.
///
/// @par Thread safety
/// `prepare` and `take_back` where the loop's other calls are legal; the rest on the thread that
/// called `bind`.
class ring {
public:
    /// Throws `eddy::error` with the cause and a remedy when the system gives none.
    ring();
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    ~ring();

    /// Makes this the thread of the ring. False when it has another one already.
    [[nodiscard]] bool bind() noexcept;
    [[nodiscard]] bool is_mine() const noexcept { return thread_ == this_thread(); }

    /// The place of a further request, zeroed; null when there is no room until `submit`.
    [[nodiscard]] ::io_uring_sqe* prepare() noexcept;
    /// Makes the request with that `user_data` one for nothing, of nobody. False when it has been
    /// submitted.
    bool take_back(std::uint64_t user_data) noexcept;

    /// Hands over what was prepared; waits for nothing.
    void submit() noexcept;
    /// The same, and waits until there is a completion, `longest` at most.
    void wait(duration longest) noexcept;

    /// Calls `each(completion)` for what has completed.
    template <class Each>
    void reap(Each each) {
        do {
            unsigned head = 0;
            unsigned count = 0;
            ::io_uring_cqe* completion = nullptr;
            io_uring_for_each_cqe(&ring_, head, completion) {
                each(*completion);
                ++count;
            }
            ::io_uring_cq_advance(&ring_, count);
        } while (refill());
    }

    /// From now on adds to `bell`, an eventfd, when there is something to reap or to `submit` for.
    [[nodiscard]] error_code announce(int bell) noexcept;
    /// True when there is something to reap, or the kernel has work for this thread.
    [[nodiscard]] bool has_news() const noexcept;

    [[nodiscard]] ::io_uring* native() noexcept { return &ring_; }

private:
    /// The kernel's number: that of the standard library is used again for the next thread.
    [[nodiscard]] static ::pid_t this_thread() noexcept;
    [[nodiscard]] unsigned kernel_flags() const noexcept {
        return __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    }
    /// The kernel keeps completions that found the queue full, in order.
    [[nodiscard]] bool refill() noexcept;

    // mutable: liburing's readers take no pointer to const in every version.
    mutable ::io_uring ring_{};
    ::pid_t thread_ = 0;
};

} // namespace eddy::detail
