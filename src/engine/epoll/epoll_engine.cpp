// SPDX-License-Identifier: BSL-1.0
#include "engine/epoll/epoll_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_bridge.hpp"
#include "engine/epoll/epoll_wait.hpp"

#include <cerrno>
#include <memory>

namespace eddy::detail {
namespace {

[[noreturn]] void fail(const char* what) {
    throw error(error_code(errno, std::system_category()), what);
}

} // namespace

epoll_engine::epoll_engine()
    : set_(::epoll_create1(EPOLL_CLOEXEC)), alarm_slot_(slots_.enter(nullptr)),
      clock_slot_(slots_.enter(nullptr)) {
    if (!set_) {
        fail("engine \"epoll\": no epoll set");
    }
    // Edge-triggered: they are never read, each write and each expiry is an event.
    ::epoll_event event{EPOLLIN | EPOLLET, {.u64 = slots_.key_of(alarm_slot_)}};
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, alarm_.get(), &event) != 0) {
        fail("engine \"epoll\": cannot watch an eventfd");
    }
    event.data.u64 = slots_.key_of(clock_slot_);
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, clock_.fd(), &event) != 0) {
        fail("engine \"epoll\": cannot watch a timerfd");
    }
}

epoll_engine::~epoll_engine() {
    bridge_.reset();
    always_ready_.clear(); // they leave the set, which has to be there still
}

std::unique_ptr<asio_bridge> epoll_engine::make_bridge() {
    return std::make_unique<asio_bridge>(set_.get(), [this] { round(duration::zero()); });
}

result<watched_fd_ptr> epoll_engine::watch(platform::unique_fd fd, watched_fd::kind what) {
    boost::intrusive_ptr<epoll_watched_fd> watched(new epoll_watched_fd(std::move(fd), what, *this)
    );
    if (const int failure = watched->enter()) {
        return error_code(failure, std::system_category());
    }
    return watched_fd_ptr(std::move(watched));
}

void epoll_engine::round(duration longest) {
    if (next_ == count_) {
        fill_batch(longest);
    }
    const bool has_reports = next_ != count_;
    while (next_ != count_) {
        owner().begin_turn();
        unsigned reports = 0;
        do {
            report(batch_[next_++]);
        } while (++reports != reports_per_turn && next_ != count_ && !owner().has_heard_enough());
        owner().turn();
    }
    report_always_ready();
    end_round(has_reports);
}

void epoll_engine::fill_batch(duration longest) noexcept {
    const int found = wait_for_events(set_.get(), batch_, longest);
    owner().counts().waits.add(1);
    next_ = 0;
    count_ = found > 0 ? static_cast<unsigned>(found) : 0; // interrupted: a round without events
}

void epoll_engine::report(const ::epoll_event& event) noexcept {
    if (epoll_watched_fd* watched = slots_.find(event.data.u64)) {
        watched->report(event.events);
    } else if (event.data.u64 == slots_.key_of(clock_slot_)) {
        clock_.has_rung();
    }
}

void epoll_engine::report_always_ready() {
    for (const auto& each : std::exchange(always_ready_, {})) {
        static_cast<epoll_watched_fd&>(*each).report(EPOLLIN | EPOLLOUT);
        turn_soon_ = true;
    }
}

int epoll_engine::enter(
    epoll_watched_fd& watched, std::uint32_t events, std::uint32_t& slot
) noexcept {
    std::uint32_t index = 0;
    try {
        index = slots_.enter(&watched);
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
    ::epoll_event event{events, {.u64 = slots_.key_of(index)}};
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, watched.fd(), &event) != 0) {
        const int failure = errno;
        slots_.leave(index);
        return failure;
    }
    slot = index;
    return 0;
}

void epoll_engine::change(std::uint32_t slot, int fd, std::uint32_t events) noexcept {
    ::epoll_event event{events, {.u64 = slots_.key_of(slot)}};
    ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, fd, &event);
}

void epoll_engine::leave(std::uint32_t slot, int fd) noexcept {
    if (fd >= 0) {
        ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, nullptr);
    }
    slots_.leave(slot);
}

void epoll_engine::report_later(watched_fd_ptr watched) {
    always_ready_.push_back(std::move(watched));
    wake();
}

} // namespace eddy::detail
