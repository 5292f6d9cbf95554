// SPDX-License-Identifier: BSL-1.0
#include "engine/uring/uring_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_bridge.hpp"
#include "engine/uring/uring_stream.hpp"
#include "engine/uring/uring_watched_fd.hpp"

#include <cerrno>
#include <memory>
#include <poll.h>
#include <sys/eventfd.h>
#include <utility>

namespace eddy::detail {
namespace {

// A tag has the slot's key, with the request in the upper bits of the index.
constexpr unsigned request_shift = 28;
constexpr std::uint64_t request_mask = std::uint64_t(0xF) << request_shift;

/// Sends that are made together. More would save little, and let the first peers wait.
constexpr unsigned gathered_max = 32;

constexpr std::uint32_t own_slot = 0; // the engine's own requests have none

} // namespace

struct uring_engine::round_guard {
    explicit round_guard(uring_engine& whole) noexcept
        : self(whole), was_in(std::exchange(whole.in_round_, true)) {}
    round_guard(const round_guard&) = delete;
    round_guard& operator=(const round_guard&) = delete;
    ~round_guard() { self.in_round_ = was_in; }

    uring_engine& self;
    bool was_in;
};

uring_engine::uring_engine() {
    open_ring();
}

uring_engine::~uring_engine() {
    bridge_.reset();
}

void uring_engine::open_ring() {
    auto opened = std::make_unique<ring>();
    if (const error_code failure = buffers_.offer_to(*opened->native())) {
        throw error(failure, "engine \"uring\": no ring of buffers: " + failure.message());
    }
    ring_ = std::move(opened); // not before: whoever ends a request needs one
    watches_alarm_ = watches_clock_ = false;
    if (bridge_) {
        announce();
    }
    watch_own();
}

/// The alarm tells Asio from now on what happens in the ring, too. So the ring must not watch it
/// any more: it would tell of itself for ever.
void uring_engine::announce() {
    if (const error_code failure = ring_->announce(alarm_.get())) {
        throw error(failure, "engine \"uring\": the ring cannot announce itself");
    }
    if (watches_alarm_) {
        watches_alarm_ = !cancel(own_slot, request::alarm);
    }
}

/// Each write to the alarm and each time that the clock rings is an outcome; neither is ever read.
void uring_engine::watch_own() noexcept {
    const auto watch = [this](bool& is_watched, int fd, request what) {
        if (is_watched) {
            return;
        }
        if (::io_uring_sqe* entry = prepare(tag_of(own_slot, what))) {
            ::io_uring_prep_poll_multishot(entry, fd, POLLIN);
            is_watched = true;
        }
    };
    if (!bridge_) {
        watch(watches_alarm_, alarm_.get(), request::alarm);
    }
    watch(watches_clock_, clock_.fd(), request::clock);
}

std::unique_ptr<asio_bridge> uring_engine::make_bridge() {
    announce();
    return std::make_unique<asio_bridge>(alarm_.get(), [this] { bridged_round(); });
}

result<watched_fd_ptr> uring_engine::watch(platform::unique_fd fd, watched_fd::kind /*what*/) {
    return watched_fd_ptr(new uring_watched_fd(std::move(fd), *this));
}

// A Unix socket that is closed with bytes unread resets its peer, which nothing else does: what the
// ring had received would be missing there.
std::unique_ptr<stream>
uring_engine::make_stream(platform::unique_fd connected, endpoint::transport kind) {
    if (kind != endpoint::transport::tcp) {
        return readiness_engine::make_stream(std::move(connected), kind);
    }
    return std::make_unique<uring_stream>(std::move(connected));
}

std::unique_ptr<stream>
uring_engine::make_stream(watched_fd_ptr connected, endpoint::transport kind) {
    if (kind != endpoint::transport::tcp) {
        return readiness_engine::make_stream(std::move(connected), kind);
    }
    return make_stream(static_cast<uring_watched_fd&>(*connected).release(), kind);
}

void uring_engine::run() {
    bind_ring();
    bridged_engine::run();
    fetch(duration::zero()); // what the last turn has asked for
}

/// A ring has one thread. One that ran on another thread is replaced; nothing was under way in it
/// that a new one cannot be asked for.
void uring_engine::bind_ring() {
    if (ring_->bind()) {
        return;
    }
    reap();
    open_ring();
    if (!ring_->bind()) {
        throw error(
            error_code(errno, std::system_category()),
            "engine \"uring\": the ring cannot be enabled"
        );
    }
    slots_.for_each([](ring_user& user) { user.ask_again(true); });
}

bool uring_engine::is_due() const noexcept {
    return !noted_.empty() || (bridge_ && ring_->has_news());
}

void uring_engine::round(duration longest) {
    const round_guard guard(*this);
    if (noted_.empty()) {
        fetch(longest);
    }
    const bool has_reports = !noted_.empty();
    while (!noted_.empty()) {
        tell_some();
    }
    end_round(has_reports);
}

void uring_engine::tell_some() {
    owner().begin_turn();
    unsigned reports = 0;
    do {
        reports += static_cast<ring_user*>(noted_.pop_front())->tell() ? 1U : 0U;
    } while (reports != reports_per_turn && !noted_.empty() && !owner().has_heard_enough());
    owner().turn();
}

/// Asio waits instead of the ring, so nothing may be left that only the ring's wait would do.
void uring_engine::bridged_round() {
    ::eventfd_t rings = 0;
    ::eventfd_read(alarm_.get(), &rings);
    const round_guard guard(*this);
    round(duration::zero());
    fetch(duration::zero());
    if (turn_soon_ || is_due()) {
        bridge_->round_soon();
    }
}

void uring_engine::fetch(duration longest) noexcept {
    if (!ring_->is_mine()) {
        return; // before the first run
    }
    watch_own();
    if (std::exchange(some_must_ask_again_, false)) {
        slots_.for_each([](ring_user& user) { user.ask_again(false); });
    }
    if (home()->owner) { // not for what is dropped while the loop is destroyed
        owner().counts().waits.add(1);
    }
    ring_->wait(some_must_ask_again_ ? duration::zero() : longest);
    gathered_ = 0;
    noted_at_once_ = 0;
    reap();
}

void uring_engine::gathered_send() noexcept {
    if (++gathered_ == gathered_max) {
        submit();
    }
}

/// What completes by that is noted at once: nothing may be in doubt between two entries.
void uring_engine::submit() noexcept {
    gathered_ = 0;
    ring_->submit();
    reap();
}

void uring_engine::reap() noexcept {
    ring_->reap([this](const ::io_uring_cqe& completion) { note(completion); });
}

void uring_engine::note(const ::io_uring_cqe& completion) noexcept {
    const outcome what{
        .of = static_cast<request>((completion.user_data & request_mask) >> request_shift),
        .result = completion.res,
        .goes_on = (completion.flags & IORING_CQE_F_MORE) != 0,
        .buffer = (completion.flags & IORING_CQE_F_BUFFER) != 0
                      ? static_cast<int>(completion.flags >> IORING_CQE_BUFFER_SHIFT)
                      : -1,
    };
    if (what.of <= request::clock) {
        note_own(what);
    } else if (ring_user* user = slots_.find(completion.user_data & ~request_mask)) {
        if (user->note(what) && !user->is_linked()) {
            noted_.push_back(*user);
            ++noted_at_once_;
        }
    } else if (what.buffer >= 0) { // it came for a stream that is gone
        buffers_.give_back(buffers_.taken(static_cast<unsigned>(what.buffer), 0));
    }
}

void uring_engine::note_own(const outcome& what) noexcept {
    switch (what.of) {
    case request::alarm:
        watches_alarm_ = what.goes_on;
        turn_soon_ = true;
        break;
    case request::clock:
        watches_clock_ = what.goes_on;
        clock_.has_rung();
        turn_soon_ = true;
        break;
    default:
        break;
    }
}

std::uint64_t uring_engine::tag_of(std::uint32_t slot, request what) const noexcept {
    const std::uint64_t kind = std::uint64_t(what) << request_shift;
    return what <= request::clock ? kind : kind | slots_.key_of(slot);
}

::io_uring_sqe* uring_engine::prepare(std::uint64_t tag) noexcept {
    ::io_uring_sqe* entry = ring_->prepare();
    if (!entry && ring_->is_mine()) {
        submit();
        entry = ring_->prepare();
    }
    if (entry) {
        entry->user_data = tag;
    }
    return entry;
}

::io_uring_sqe* uring_engine::ask(std::uint32_t slot, request what) noexcept {
    ::io_uring_sqe* entry = prepare(tag_of(slot, what));
    some_must_ask_again_ = some_must_ask_again_ || !entry;
    if (!in_round_) {
        wake(); // into a round, which submits it
    }
    return entry;
}

bool uring_engine::cancel(std::uint32_t slot, request what) noexcept {
    if (ring_->take_back(tag_of(slot, what))) {
        return true;
    }
    if (::io_uring_sqe* entry = prepare(tag_of(own_slot, request::nothing))) {
        ::io_uring_prep_cancel64(entry, tag_of(slot, what), 0);
    }
    return false;
}

void uring_engine::settle() noexcept {
    if (!in_round_ && ring_->is_mine()) {
        fetch(duration::zero());
    }
}

} // namespace eddy::detail
