// SPDX-License-Identifier: BSL-1.0
#include "engine/uring/uring_watched_fd.hpp"

#include <eddy/core/loop.hpp>

#include "engine/uring/uring_engine.hpp"

#include <poll.h>
#include <utility>

namespace eddy::detail {
namespace {

constexpr request request_of(watched_fd::direction side) noexcept {
    return side == watched_fd::readable ? request::readable : request::writable;
}

} // namespace

uring_watched_fd::uring_watched_fd(platform::unique_fd fd, uring_engine& engine)
    : watched_fd(fd.get(), engine.home_loop()), own_(std::move(fd)), engine_(&engine),
      slot_(engine.enter(*this)) {}

void uring_watched_fd::wait(direction side, readiness_sink& sink) {
    sides_[side].sink = &sink;
    ask(side);
}

void uring_watched_fd::ask(direction side) noexcept {
    if (sides_[side].is_asked) {
        return;
    }
    if (::io_uring_sqe* entry = engine_->ask(slot_, request_of(side))) {
        const unsigned events = side == readable ? POLLIN | POLLRDHUP | POLLPRI : POLLOUT;
        ::io_uring_prep_poll_add(entry, fd(), events);
        sides_[side].is_asked = true;
    }
}

bool uring_watched_fd::note(const outcome& what) noexcept {
    side_state& side = sides_[what.of == request::readable ? readable : writable];
    side.is_asked = false;
    side.is_noted = true;
    return true;
}

bool uring_watched_fd::tell() noexcept {
    const watched_fd_ptr alive(this); // the sinks may drop the last reference
    for (side_state& side : sides_) {
        if (!std::exchange(side.is_noted, false)) {
            continue;
        }
        if (auto* sink = std::exchange(side.sink, nullptr)) {
            sink->on_ready();
        }
    }
    return true;
}

void uring_watched_fd::ask_again(bool ring_is_new) noexcept {
    for (const direction side : {readable, writable}) {
        if (ring_is_new) {
            sides_[side].is_asked = false;
        }
        if (sides_[side].sink) {
            ask(side);
        }
    }
}

/// True when something was under way, which has to be settled.
bool uring_watched_fd::leave() noexcept {
    bool cancels = false;
    for (const direction side : {readable, writable}) {
        cancels = (sides_[side].is_asked && !engine_->cancel(slot_, request_of(side))) || cancels;
    }
    sides_ = {};
    unlink();
    engine_->leave(slot_);
    return cancels;
}

platform::unique_fd uring_watched_fd::release() noexcept {
    static_cast<void>(leave());
    return std::move(own_);
}

void uring_watched_fd::close() noexcept {
    if (own_) {
        const bool cancels = leave();
        own_.reset();
        if (cancels) {
            engine_->settle();
        }
    }
}

} // namespace eddy::detail
