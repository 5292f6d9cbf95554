// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>

#include "engine/epoll/epoll_watched_fd.hpp"
#include "engine/linux/bridged_engine.hpp"
#include "engine/posix/slot_table.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <sys/epoll.h>
#include <vector>

namespace eddy::detail {

/// Drives a loop by an epoll set of its own (epoll(7)), and Asio's objects beside it.
///
/// The loop waits in its own set until somebody asks for `context()`; from then on it waits in
/// Asio, which watches this set: one system call more for each wake-up, none for each operation.
class alignas(cache_line) epoll_engine final : public bridged_engine {
public:
    /// Throws `eddy::error` when the system gives no epoll set.
    epoll_engine();
    ~epoll_engine() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }
    result<watched_fd_ptr> watch(platform::unique_fd fd, watched_fd::kind what) override;

    // What watched descriptors use.

    /// Adds to the set, in a new slot. Gives errno, or 0.
    int enter(epoll_watched_fd& watched, std::uint32_t events, std::uint32_t& slot) noexcept;
    void change(std::uint32_t slot, int fd, std::uint32_t events) noexcept;
    /// Frees the slot; what is under way for it reaches nobody. With `fd` >= 0 takes that out of
    /// the set first.
    void leave(std::uint32_t slot, int fd) noexcept;
    /// Reports `watched` as ready in the loop's next round.
    void report_later(watched_fd_ptr watched);

private:
    void round(duration longest) override;
    [[nodiscard]] bool is_due() const noexcept override {
        return next_ != count_ || !always_ready_.empty();
    }
    [[nodiscard]] std::unique_ptr<asio_bridge> make_bridge() override;
    void fill_batch(duration longest) noexcept;
    void report(const ::epoll_event& event) noexcept;
    void report_always_ready();

    platform::unique_fd set_;
    slot_table<epoll_watched_fd> slots_;
    std::uint32_t alarm_slot_;
    std::uint32_t clock_slot_;
    std::vector<watched_fd_ptr> always_ready_;
    // Members, because an exception may leave a round: events that were not reported yet would
    // never come again.
    std::array<::epoll_event, 128> batch_{};
    unsigned next_ = 0;
    unsigned count_ = 0;
};

} // namespace eddy::detail
