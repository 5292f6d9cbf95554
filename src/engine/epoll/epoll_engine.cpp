// SPDX-License-Identifier: BSL-1.0
#include "engine/epoll/epoll_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_bridge.hpp"
#include "engine/epoll/epoll_wait.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

namespace eddy::detail {
namespace {

constexpr std::uint32_t alarm_slot = 0;
constexpr std::uint32_t clock_slot = 1;

/// A limit of the wait itself costs the kernel a timer for each wait, a twentieth of an echoed
/// message; to set the clock costs a call. Deadlines are far away and seldom move, so the clock is
/// for them.
constexpr duration soon = std::chrono::milliseconds(10);

[[noreturn]] void fail(const char* what) {
    throw error(error_code(errno, std::system_category()), what);
}

} // namespace

epoll_engine::epoll_engine()
    : set_(::epoll_create1(EPOLL_CLOEXEC)), alarm_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      clock_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!set_) {
        fail("engine \"epoll\": no epoll set");
    }
    if (!alarm_) {
        fail("engine \"epoll\": no eventfd");
    }
    if (!clock_) {
        fail("engine \"epoll\": no timerfd");
    }
    slots_.resize(2);
    // Edge-triggered: they are never read, each write and each expiry is an event.
    ::epoll_event event{EPOLLIN | EPOLLET, {.u64 = key_of(alarm_slot)}};
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, alarm_.get(), &event) != 0) {
        fail("engine \"epoll\": cannot watch an eventfd");
    }
    event.data.u64 = key_of(clock_slot);
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, clock_.get(), &event) != 0) {
        fail("engine \"epoll\": cannot watch a timerfd");
    }
}

epoll_engine::~epoll_engine() {
    always_ready_.clear(); // they leave the set, which has to be there still
}

boost::asio::io_context& epoll_engine::context() {
    if (!bridge_) {
        bridge_ = std::make_unique<asio_bridge>(set_.get(), [this] { round(duration::zero()); });
        arm_timer(armed_);
        if (turn_soon_ || !always_ready_.empty()) {
            bridge_->round_soon();
        }
    }
    return bridge_->context();
}

result<watched_fd_ptr> epoll_engine::watch(platform::unique_fd fd, watched_fd::kind what) {
    boost::intrusive_ptr<epoll_watched_fd> watched(new epoll_watched_fd(std::move(fd), what, *this)
    );
    if (const int failure = watched->enter()) {
        return error_code(failure, std::system_category());
    }
    return watched_fd_ptr(std::move(watched));
}

void epoll_engine::run() {
    is_stopped_ = false;
    while (!is_stopped_) {
        if (bridge_) {
            bridge_->run();
        } else {
            round(patience());
        }
    }
}

void epoll_engine::stop() noexcept {
    is_stopped_ = true;
    if (bridge_) {
        bridge_->stop();
    }
}

void epoll_engine::wake() noexcept {
    if (!home()->owner) {
        return; // what is dropped while the loop is destroyed may post
    }
    if (!owner().is_current()) {
        ::eventfd_write(alarm_.get(), 1);
        return;
    }
    turn_soon_ = true;
    if (bridge_) {
        bridge_->round_soon();
    }
}

void epoll_engine::arm_timer(time_point at) noexcept {
    armed_ = at;
    if (bridge_) {
        bridge_->arm(at);
    }
}

duration epoll_engine::patience() noexcept {
    if (turn_soon_ || next_ != count_ || !always_ready_.empty()) {
        return duration::zero();
    }
    if (clock_rings_ <= armed_) {
        return duration::max(); // it may ring for what has moved; then it is set again
    }
    const duration left = std::max(armed_ - now(), duration::zero());
    return left > soon && set_clock() ? duration::max() : left;
}

bool epoll_engine::set_clock() noexcept {
    const auto at = armed_.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    const ::itimerspec when{{}, {whole.count(), (at - whole).count()}};
    if (::timerfd_settime(clock_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) {
        return false;
    }
    clock_rings_ = armed_;
    return true;
}

void epoll_engine::round(duration longest) {
    if (next_ == count_) {
        fill_batch(longest);
    }
    bool has_turned = false;
    while (next_ != count_) {
        report(batch_[next_++]);
        has_turned = true;
    }
    report_always_ready();
    if (turn_soon_ || !has_turned) {
        turn_soon_ = false;
        owner().begin_round();
        owner().turn();
    }
}

void epoll_engine::fill_batch(duration longest) noexcept {
    const int found = wait_for_events(set_.get(), batch_, longest);
    next_ = 0;
    count_ = found > 0 ? static_cast<unsigned>(found) : 0; // interrupted: a round without events
}

void epoll_engine::report(const ::epoll_event& event) {
    const auto index = static_cast<std::uint32_t>(event.data.u64);
    if (index == clock_slot) {
        clock_rings_ = time_point::max();
    } else if (event.data.u64 == key_of(index) && index != alarm_slot) {
        slots_[index].watched->report(event.events);
    }
    owner().turn();
}

void epoll_engine::report_always_ready() {
    for (const auto& each : std::exchange(always_ready_, {})) {
        static_cast<epoll_watched_fd&>(*each).report(EPOLLIN | EPOLLOUT);
        turn_soon_ = true;
    }
}

std::uint64_t epoll_engine::key_of(std::uint32_t index) const noexcept {
    return std::uint64_t(slots_[index].generation) << 32 | index;
}

int epoll_engine::enter(
    epoll_watched_fd& watched, std::uint32_t events, std::uint32_t& slot
) noexcept {
    try {
        if (free_slots_.empty()) {
            if (free_slots_.capacity() <= slots_.size()) {
                free_slots_.reserve(2 * slots_.size()); // room for all, so that freeing never fails
            }
            slots_.emplace_back();
            free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
        }
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
    const std::uint32_t index = free_slots_.back();
    ::epoll_event event{events, {.u64 = key_of(index)}};
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, watched.fd(), &event) != 0) {
        return errno;
    }
    free_slots_.pop_back();
    slots_[index].watched = &watched;
    slot = index;
    return 0;
}

void epoll_engine::change(std::uint32_t slot, int fd, std::uint32_t events) noexcept {
    ::epoll_event event{events, {.u64 = key_of(slot)}};
    ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, fd, &event);
}

void epoll_engine::leave(std::uint32_t slot, int fd) noexcept {
    if (fd >= 0) {
        ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, nullptr);
    }
    slots_[slot].watched = nullptr;
    ++slots_[slot].generation;
    free_slots_.push_back(slot);
}

void epoll_engine::report_later(watched_fd_ptr watched) {
    always_ready_.push_back(std::move(watched));
    wake();
}

} // namespace eddy::detail
