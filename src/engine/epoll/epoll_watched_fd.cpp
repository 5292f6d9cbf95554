// SPDX-License-Identifier: BSL-1.0
#include "engine/epoll/epoll_watched_fd.hpp"

#include "engine/epoll/epoll_engine.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <utility>

namespace eddy::detail {
namespace {

constexpr std::uint32_t everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
constexpr std::uint32_t wakes_reader = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLERR | EPOLLHUP;
constexpr std::uint32_t wakes_writer = EPOLLOUT | EPOLLERR | EPOLLHUP;
constexpr std::uint32_t ends_reading = EPOLLRDHUP | EPOLLPRI | EPOLLERR | EPOLLHUP;

} // namespace

epoll_watched_fd::epoll_watched_fd(platform::unique_fd fd, kind what, epoll_engine& engine) noexcept
    : watched_fd(fd.get(), engine.home_loop()), own_(std::move(fd)), engine_(&engine), kind_(what),
      mode_(what == kind::plain ? mode::one_shot : mode::edge) {}

int epoll_watched_fd::enter() noexcept {
    // A one-shot registration without events is silent until the first wait.
    const std::uint32_t events = mode_ == mode::edge ? everything : std::uint32_t(EPOLLONESHOT);
    const int failure = engine_->enter(*this, events, slot_);
    if (failure == EPERM) {
        mode_ = mode::always_ready;
        return 0;
    }
    return failure;
}

void epoll_watched_fd::report(std::uint32_t events) noexcept {
    const watched_fd_ptr alive(this); // the sinks may drop the last reference
    const bool is_edge = mode_ == mode::edge;
    may_end_ = may_end_ || (is_edge && (events & ends_reading) != 0);
    if ((events & wakes_reader) != 0) {
        is_readable_ = is_edge && !sinks_[readable];
        tell(readable);
    }
    if ((events & wakes_writer) != 0) {
        tell(writable);
    }
    if (mode_ == mode::one_shot && own_ && one_shot_events() != EPOLLONESHOT) {
        engine_->change(slot_, fd(), one_shot_events());
    }
}

void epoll_watched_fd::tell(direction side) noexcept {
    if (auto* sink = std::exchange(sinks_[side], nullptr)) {
        sink->on_ready();
    }
}

void epoll_watched_fd::wait(direction side, readiness_sink& sink) {
    sinks_[side] = &sink;
    switch (mode_) {
    case mode::edge:
        break; // the next edge comes by itself
    case mode::one_shot:
        engine_->change(slot_, fd(), one_shot_events());
        break;
    case mode::always_ready:
        engine_->report_later(watched_fd_ptr(this));
        break;
    }
}

std::uint32_t epoll_watched_fd::one_shot_events() const noexcept {
    return EPOLLONESHOT | (sinks_[readable] ? std::uint32_t(EPOLLIN) : 0) |
           (sinks_[writable] ? std::uint32_t(EPOLLOUT) : 0);
}

void epoll_watched_fd::close() noexcept {
    sinks_ = {};
    if (own_ && slot_ != 0) {
        // Closing takes a descriptor out of the set only when nobody else has it open: epoll(7).
        engine_->leave(std::exchange(slot_, 0), kind_ == kind::socket ? -1 : fd());
    }
    own_.reset();
}

} // namespace eddy::detail
