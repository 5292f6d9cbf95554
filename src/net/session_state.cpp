// SPDX-License-Identifier: BSL-1.0
#include "net/session_state.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace eddy::detail {
namespace {

bool has_any(const session_deadlines& limits) noexcept {
    return limits.proxy_header != duration::zero() || limits.handshake != duration::zero() ||
           limits.first_byte != duration::zero() || limits.idle != duration::zero() ||
           limits.frame != duration::zero() || limits.min_rate != 0 ||
           limits.write_stall != duration::zero() || limits.lifetime != duration::zero();
}

} // namespace

session_state::session_read::session_read(session_state& whole) noexcept
    : read_op([](io_op& op) noexcept { static_cast<session_read&>(op).self->on_read(); }),
      self(&whole) {}

session_state::session_write::session_write(session_state& whole) noexcept
    : write_op([](io_op& op) noexcept { static_cast<session_write&>(op).self->on_write(); }),
      self(&whole) {}

session_state::limit_timer::limit_timer(session_state& whole) noexcept
    : timer([](timer& due) noexcept { static_cast<limit_timer&>(due).self->on_limit(); }),
      self(&whole) {}

session_state::session_state(std::unique_ptr<stream> transport, const session_limits& limits)
    : session_state(std::move(transport), std::make_unique<const session_limits>(limits)) {}

session_state::session_state(
    std::unique_ptr<stream> transport, std::unique_ptr<const session_limits> own
)
    : session_state(std::move(transport), own.get()) {
    own_limits_ = std::move(own);
}

session_state::session_state(std::unique_ptr<stream> transport, const session_limits* shared)
    : owner_(&loop::current()), transport_(std::move(transport)), limits_(shared),
      id_(owner_->next_session_id()), inbox_(owner_->blocks()), outbox_(owner_->blocks()),
      times_(owner_->now()), has_deadlines_(has_any(shared->deadlines)) {
    if (const auto failure = transport_->attach(*owner_)) {
        throw error(failure, "session: the loop cannot watch it: " + failure.message());
    }
    arm_deadlines();
}

session_state::~session_state() {
    if (write_pending_) {
        cancel_write();
    }
    while (transport_ && !outbox_.empty() && !write_pending_ && !write_failure_) {
        moved_ = 0;
        send(); // what the transport takes at once
    }
    if (transport_ && !outbox_.empty()) {
        transport_->abort();
    }
    close_now(errc::closed);
}

// Reading.

bool session_state::try_read(read_awaiter& reader) {
    if (reader_) {
        throw std::logic_error(
            "eddy: two reads at once on a session; one must end before the next begins"
        );
    }
    inbox_.reclaim();
    return can_finish(reader);
}

bool session_state::can_finish(read_awaiter& reader) {
    for (;;) {
        splice_target* const pipe = reader.request_.pipe_if_any();
        if (pipe && pipe->bytes != 0) [[unlikely]] {
            return true;
        }
        const auto found = inbox_.find(reader.request_, reader.failure_);
        if (found.kind == inbox::match::outcome::found) {
            reader.size_ = found.size;
            reader.consumed_ = found.consumed;
            times_.is_in_frame = false;
            return true;
        }
        if (found.kind == inbox::match::outcome::refused) [[unlikely]] {
            return true;
        }
        if (read_failure_) [[unlikely]] {
            reader.failure_ = end_of(reader);
            if (!reader.failure_) { // read_all has found its end
                reader.size_ = reader.consumed_ = inbox_.size();
            }
            return true;
        }
        if (pauses_ != 0 && !is_closing_) [[unlikely]] {
            return false;
        }
        // Between messages a draining session takes what has arrived already, and waits for nothing
        // more.
        const bool at_end = is_at_end_for(reader);
        const bool suits = !pipe || read_.pipe == pipe;
        if (read_pending_ && !at_end && suits) {
            return false;
        }
        if (read_pending_) { // left behind by a read that was cancelled
            transport_->cancel_read();
            read_pending_ = false;
        }
        if (rest_of_share() == 0) [[unlikely]] {
            owner_->flush_next_round(*this);
            return false;
        }
        if (!receive(&reader, !at_end)) [[likely]] {
            return false;
        }
        if (read_.error == errc::would_block) {
            reader.failure_ = errc::draining;
            return true;
        }
        take_received();
    }
}

bool session_state::is_at_end_for(const read_awaiter& reader) const noexcept {
    return is_draining_ && !is_closing_ && inbox_.empty() && !reader.request_.goes_on_in_drain;
}

/// How the end of what can be received looks to this request.
error_code session_state::end_of(const read_awaiter& reader) const noexcept {
    if (read_failure_ != errc::end_of_stream) {
        return read_failure_;
    }
    if (reader.request_.kind == read_request::until::end) {
        return {};
    }
    return inbox_.empty() ? read_failure_ : make_error_code(errc::truncated);
}

/// Starts to receive. True when that is done.
bool session_state::receive(const read_awaiter* reader, bool wait) {
    read_.pipe = reader ? reader->request_.pipe_if_any() : nullptr;
    read_.wait = wait;
    if (read_.error) [[unlikely]] {
        read_.error = {};
    }
    read_.bytes = 0;
    try {
        const auto room = inbox_.room();
        read_.into = room.first(std::min(room.size(), share_of_turn));
    } catch (const std::bad_alloc&) {
        read_.error = make_error_code(std::errc::not_enough_memory);
        return true;
    }
    if (transport_->start_read(read_)) {
        return true;
    }
    read_pending_ = true;
    return false;
}

void session_state::take_received() noexcept {
    if (read_.error) [[unlikely]] {
        read_failure_ = read_.error;
        if (read_failure_ != errc::end_of_stream) {
            fail(read_failure_);
        }
        return;
    }
    stats_.bytes_received += read_.bytes;
    moved_ += static_cast<std::uint32_t>(read_.bytes);
    if (has_deadlines_) {
        times_.active = owner_->now();
        times_.has_heard = true;
    }
    if (read_.pipe) {
        read_.pipe->bytes = read_.bytes;
    } else if (read_.lent) {
        inbox_.adopt(std::move(read_.lent), read_.bytes);
    } else {
        inbox_.added(read_.bytes);
    }
}

[[gnu::flatten]] void session_state::on_read() noexcept {
    read_pending_ = false;
    take_received();
    serve_reader();
}

/// Gives the reader what has been received. True when it has all that it waits for.
bool session_state::serve_reader() noexcept {
    if (!reader_) {
        return false;
    }
    if (can_finish(*reader_)) {
        finish_reader();
        return true;
    }
    if (has_deadlines_ && !times_.is_in_frame && !inbox_.empty()) {
        times_.begin_frame(owner_->now());
        arm_deadlines();
    }
    return false;
}

void session_state::finish_reader() noexcept {
    forget_reader()->wake();
}

read_awaiter* session_state::forget_reader() noexcept {
    if (read_pending_ && read_.pipe) { // which goes away with the reader
        transport_->cancel_read();
        read_pending_ = false;
    }
    read_limit_ = deadline::never();
    if (times_.is_waiting) {
        times_.end_wait(owner_->now());
    }
    return std::exchange(reader_, nullptr);
}

void session_state::wait_for_read(read_awaiter& reader) {
    reader_ = &reader;
    watch_reader();
    if (!reader.limit_.is_never()) {
        arm(reader.limit_);
    }
}

/// From now on the peer is expected to send.
void session_state::watch_reader() noexcept {
    if (!has_deadlines_ || pauses_ != 0) {
        return;
    }
    if (!times_.is_waiting) {
        times_.begin_wait(owner_->now());
    }
    if (!inbox_.empty()) {
        times_.begin_frame(owner_->now());
    } else if (idle_is_armed()) {
        return; // as it is for every message but the first
    }
    arm_deadlines();
}

/// For a reader that was left without an operation at the transport.
void session_state::go_on_reading() noexcept {
    serve_reader();
}

/// Counts a reason not to receive. True when that interrupts a wait.
bool session_state::stop_reading() noexcept {
    if (pauses_++ != 0 || is_closing_ || !transport_) {
        return false;
    }
    if (read_pending_) {
        transport_->cancel_read();
        read_pending_ = false;
    }
    return times_.is_waiting;
}

void session_state::pause_reading() noexcept {
    if (stop_reading()) {
        times_.end_wait(owner_->now());
    }
}

void session_state::hold_reading() noexcept {
    if (!stop_reading()) {
        return;
    }
    if (times_.is_in_frame) {
        times_.is_held = true;
    } else {
        times_.end_wait(owner_->now());
    }
}

void session_state::resume_reading() noexcept {
    if (--pauses_ != 0 || !transport_) {
        return;
    }
    times_.is_held = false;
    if (reader_) {
        watch_reader();
        if (!read_pending_) {
            go_on_reading();
        }
    }
}

void session_state::leave(read_awaiter& reader) noexcept {
    if (reader_ != &reader) {
        return;
    }
    forget_reader();
}

void session_state::arm(deadline limit) {
    read_limit_ = limit;
    if (!timer_.is_armed() || timer_.at() > limit.at()) {
        owner_->arm(timer_, limit.at());
    }
}

bool session_state::is_quiet() {
    const bool has_ended =
        !transport_ || is_draining_ || is_sealed_ || read_failure_ || write_failure_;
    if (has_ended || reader_ || pauses_ != 0) {
        return false;
    }
    inbox_.reclaim();
    if (!inbox_.empty()) {
        return false;
    }
    if (read_pending_) { // left behind by a read that was cancelled
        transport_->cancel_read();
        read_pending_ = false;
    }
    if (receive(nullptr, false) && read_.error == errc::would_block) {
        return true;
    }
    take_received();
    return false;
}

// The end.

/// The transport is broken: what waits to be sent is dropped, and those who write are told.
void session_state::fail(error_code why) noexcept {
    if (write_pending_) {
        cancel_write(); // the transport may hold what is dropped
    }
    write_failure_ = why;
    if (!read_failure_) {
        read_failure_ = why;
    }
    outbox_.clear();
    times_.is_stalled = false;
    wake_writers();
}

/// The same, found out by others than the reader.
void session_state::die(error_code why) noexcept {
    fail(why);
    if (reader_) {
        transport_->cancel_read();
        read_pending_ = false;
        reader_->failure_ = end_of(*reader_);
        finish_reader();
    }
}

void session_state::request_drain() {
    if (std::exchange(is_draining_, true)) {
        return;
    }
    while (auto* node = drain_waiters_.pop_front()) {
        static_cast<drain_awaiter&>(*node).wake();
    }
    if (reader_ && read_pending_ && is_at_end_for(*reader_)) {
        // What has arrived is still served: look once more, without waiting.
        transport_->cancel_read();
        read_pending_ = false;
        if (can_finish(*reader_)) {
            finish_reader();
        }
    }
}

void session_state::close_now(errc reason) noexcept {
    if (!transport_) {
        return;
    }
    transport_->cancel_read();
    transport_->cancel_write();
    read_pending_ = write_pending_ = false;
    write_failure_ = reason;
    read_failure_ = reason;
    outbox_.clear();
    inbox_.clear();
    wake_writers();
    if (reader_) {
        reader_->failure_ = reason;
        finish_reader();
    }
    transport_.reset();
}

} // namespace eddy::detail
