// SPDX-License-Identifier: BSL-1.0
#include "engine/epoll/epoll_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_bridge.hpp"
#include "engine/epoll/epoll_wait.hpp"

#include <cerrno>
#include <memory>
#include <sys/eventfd.h>

namespace eddy::detail {
namespace {

constexpr std::uint32_t alarm_slot = 0;

[[noreturn]] void fail(const char* what) {
    throw error(error_code(errno, std::system_category()), what);
}

} // namespace

epoll_engine::epoll_engine()
    : set_(::epoll_create1(EPOLL_CLOEXEC)), alarm_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!set_) {
        fail("engine \"epoll\": no epoll set");
    }
    if (!alarm_) {
        fail("engine \"epoll\": no eventfd");
    }
    slots_.resize(1);
    // Edge-triggered: it is never read, each write is an event.
    ::epoll_event event{EPOLLIN | EPOLLET, {.u64 = key_of(alarm_slot)}};
    if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, alarm_.get(), &event) != 0) {
        fail("engine \"epoll\": cannot watch an eventfd");
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

duration epoll_engine::patience() const noexcept {
    if (turn_soon_ || next_ != count_ || !always_ready_.empty()) {
        return duration::zero();
    }
    return armed_ == time_point::max() ? duration::max()
                                       : std::max(armed_ - now(), duration::zero());
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
    if (event.data.u64 == key_of(index) && index != alarm_slot) {
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
