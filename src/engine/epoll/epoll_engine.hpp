// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine/epoll/epoll_watched_fd.hpp"
#include "engine/posix/readiness_engine.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <sys/epoll.h>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace eddy::detail {

class asio_bridge;

/// Drives a loop by an epoll set of its own (epoll(7)), and Asio's objects beside it.
///
/// The loop waits in its own set until somebody asks for `context()`; from then on it waits in
/// Asio, which watches this set: one system call more for each wake-up, none for each operation.
class epoll_engine final : public readiness_engine {
public:
    /// Throws `eddy::error` when the system gives no epoll set.
    epoll_engine();
    ~epoll_engine() override;

    /// The `io_context` on the loop's thread. On that thread, or before it runs.
    [[nodiscard]] boost::asio::io_context& context();

    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }
    result<watched_fd_ptr> watch(platform::unique_fd fd, watched_fd::kind what) override;
    void run() override;
    void stop() noexcept override;
    void wake() noexcept override;
    void arm_timer(time_point at) noexcept override;

    // What watched descriptors use.

    [[nodiscard]] loop& home_loop() const noexcept { return owner(); }
    /// Adds to the set, in a new slot. Gives errno, or 0.
    int enter(epoll_watched_fd& watched, std::uint32_t events, std::uint32_t& slot) noexcept;
    void change(std::uint32_t slot, int fd, std::uint32_t events) noexcept;
    /// Frees the slot; what is under way for it reaches nobody. With `fd` >= 0 takes that out of
    /// the set first.
    void leave(std::uint32_t slot, int fd) noexcept;
    /// Reports `watched` as ready in the loop's next round.
    void report_later(watched_fd_ptr watched);

private:
    /// Where a registration leads. A number that is used again has another generation, so that an
    /// event that was under way for the old one is recognised.
    struct place {
        epoll_watched_fd* watched = nullptr;
        std::uint32_t generation = 0;
    };

    [[nodiscard]] std::uint64_t key_of(std::uint32_t index) const noexcept;
    [[nodiscard]] duration patience() noexcept;
    [[nodiscard]] bool set_clock() noexcept;
    void round(duration longest);
    void fill_batch(duration longest) noexcept;
    void report(const ::epoll_event& event);
    void report_always_ready();

    platform::unique_fd set_;
    platform::unique_fd alarm_; // eventfd(2): other threads wake the loop
    platform::unique_fd clock_; // timerfd_create(2): for what is not due soon
    std::vector<place> slots_;  // the first are the alarm's and the clock's
    std::vector<std::uint32_t> free_slots_;
    std::vector<watched_fd_ptr> always_ready_;
    // Members, because an exception may leave a round: events that were not reported yet would
    // never come again.
    std::array<::epoll_event, 128> batch_{};
    unsigned next_ = 0;
    unsigned count_ = 0;
    time_point armed_ = time_point::max();
    time_point clock_rings_ = time_point::max();
    bool turn_soon_ = false;
    bool is_stopped_ = false;
    std::unique_ptr<asio_bridge> bridge_;
};

} // namespace eddy::detail
