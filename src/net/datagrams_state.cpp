// SPDX-License-Identifier: BSL-1.0
#include "net/datagrams_state.hpp"

#include <eddy/core/log.hpp>

#include <cstring>
#include <stdexcept>

namespace eddy::detail {
namespace {

/// A sender waits while this many are queued, until all of them have gone.
constexpr std::size_t queue_max = 64;

/// UDP over IPv4: 65,535 less the headers of IP and UDP (RFC 768).
constexpr std::size_t payload_max = 65'507;

/// More errors in a row than there are replies on their way are no news of peers any more.
constexpr unsigned errors_max = 16;

/// Between attempts of a system that is short of something.
constexpr duration error_pause = std::chrono::milliseconds(50);

/// No later attempt can end otherwise.
bool is_final(const error_code& failure) noexcept {
    return failure == std::errc::bad_file_descriptor || failure == std::errc::not_a_socket ||
           failure == std::errc::invalid_argument || failure == std::errc::bad_address;
}

bool is_shortage(const error_code& failure) noexcept {
    return failure == std::errc::not_enough_memory || failure == std::errc::no_buffer_space;
}

} // namespace

// Receiving.

bool datagrams_state::try_receive(receive_awaiter& reader) {
    if (reader_) {
        throw std::logic_error(
            "eddy: two receives at once on a datagram socket; one must end before the next begins"
        );
    }
    if (std::exchange(is_lent_, false)) {
        received_ = 0;
    }
    return can_finish(reader);
}

bool datagrams_state::can_finish(receive_awaiter& reader) {
    for (;;) {
        if (received_ != 0) {
            return true;
        }
        if (failure_) {
            reader.failure_ = failure_;
            return true;
        }
        if ((receive_pending_ || is_paused_) && !is_draining_) {
            return false;
        }
        if (receive_pending_) {
            port_->cancel_receive();
            receive_pending_ = false;
        }
        receive_.datagrams = datagrams_;
        receive_.wait = !is_draining_;
        receive_.error = {};
        receive_.received = 0;
        if (!port_->start_receive(receive_)) {
            receive_pending_ = true;
            errors_ = 0;
            return false;
        }
        if (receive_.error == errc::would_block) {
            reader.failure_ = errc::draining;
            return true;
        }
        take_received();
        if (must_pause()) {
            if (is_draining_) {
                reader.failure_ = errc::draining;
                return true;
            }
            is_paused_ = true;
            owner_->arm(pause_, owner_->now() + error_pause);
        }
    }
}

/// Whether the next attempt would only find the same error; the others of the loop must have their
/// turn.
bool datagrams_state::must_pause() const noexcept {
    return !failure_ && (errors_ > errors_max || (errors_ != 0 && is_shortage(receive_.error)));
}

void datagrams_state::go_on() noexcept {
    is_paused_ = false;
    if (reader_ && can_finish(*reader_)) {
        finish_reader();
    }
}

/// Sorts out what handlers must not see.
void datagrams_state::take_received() noexcept {
    if (receive_.error) {
        // An earlier reply met a closed port, or a route is gone: noise on a socket that talks to
        // many.
        counted_->receive_errors.add(1);
        ++errors_;
        if (is_final(receive_.error)) {
            fail();
        }
        return;
    }
    errors_ = 0;
    counted_->overflows.store(port_->overflows());
    for (std::size_t i = 0; i != receive_.received; ++i) {
        if (datagrams_[i].is_truncated) {
            counted_->truncated.add(1);
        } else {
            counted_->received.add(1);
            if (received_ != i) {
                datagrams_[received_] = std::move(datagrams_[i]);
            }
            ++received_;
        }
    }
}

void datagrams_state::fail() noexcept {
    failure_ = receive_.error;
    counted_->broken.store(1);
    log::error(
        "a datagram socket failed; the others go on",
        {{"port", local_.port()}, {"errno", failure_.value()}}
    );
}

void datagrams_state::on_receive() noexcept {
    receive_pending_ = false;
    received_ = 0;
    take_received();
    if (reader_ && can_finish(*reader_)) {
        finish_reader();
    }
}

void datagrams_state::finish_reader() noexcept {
    owner_->disarm(timer_);
    std::exchange(reader_, nullptr)->wake();
}

void datagrams_state::wait_for_receive(receive_awaiter& reader) {
    reader_ = &reader;
    if (!reader.limit_.is_never()) {
        owner_->arm(timer_, reader.limit_.at());
    }
}

void datagrams_state::leave(receive_awaiter& reader) noexcept {
    if (reader_ == &reader) {
        reader_ = nullptr;
        owner_->disarm(timer_);
    }
}

void datagrams_state::on_limit() noexcept {
    if (reader_) {
        reader_->failure_ = errc::timed_out;
        finish_reader();
    }
}

// Sending.

bool datagrams_state::accept(send_awaiter& sender) {
    if (failure_) {
        sender.failure_ = failure_;
        return true;
    }
    if (sender.message_.size() > payload_max) {
        sender.failure_ = errc::too_long;
        return true;
    }
    datagram queued;
    queued.data = keep(sender.message_.bytes());
    queued.peer = *sender.peer_;
    if (sender.source_) {
        queued.local = *sender.source_;
    }
    queue_.push_back(std::move(queued));
    if (queue_.size() < queue_max) {
        owner_->flush_later(*this);
        return true;
    }
    flush();
    return queue_.size() < queue_max;
}

/// Copies a message into memory that stays until everything that is queued is sent.
std::span<const std::byte> datagrams_state::keep(std::span<const std::byte> message) {
    if (kept_.empty() || kept_.back()->size - kept_used_ < message.size()) {
        kept_.push_back(owner_->blocks().take(message.size()));
        kept_used_ = 0;
    }
    std::byte* place = kept_.back()->data + kept_used_;
    if (!message.empty()) {
        std::memcpy(place, message.data(), message.size());
    }
    kept_used_ += message.size();
    return {place, message.size()};
}

void datagrams_state::flush() noexcept {
    unlink();
    if (port_ && !send_pending_) {
        send();
    }
    wake_senders();
}

void datagrams_state::send() noexcept {
    while (sent_ != queue_.size()) {
        send_.datagrams = std::span(queue_).subspan(sent_);
        send_.error = {};
        send_.sent = 0;
        if (!port_->start_send(send_)) {
            send_pending_ = true;
            return;
        }
        take_sent();
    }
    queue_.clear();
    kept_.clear();
    sent_ = 0;
    kept_used_ = 0;
}

void datagrams_state::take_sent() noexcept {
    sent_ += send_.sent;
    counted_->sent.add(send_.sent);
    if (send_.error) {
        counted_->send_errors.add(1); // that one is lost; the others have other peers
        ++sent_;
    }
}

void datagrams_state::on_send() noexcept {
    send_pending_ = false;
    take_sent();
    flush();
}

void datagrams_state::wake_senders() noexcept {
    while (!senders_.empty() && (failure_ || queue_.size() < queue_max)) {
        auto& sender = static_cast<send_awaiter&>(*senders_.pop_front());
        sender.failure_ = failure_;
        sender.wake();
    }
}

// The end.

void datagrams_state::request_drain() {
    if (std::exchange(is_draining_, true)) {
        return;
    }
    if (reader_ && can_finish(*reader_)) {
        finish_reader();
    }
}

void datagrams_state::close() noexcept {
    if (!port_) {
        return;
    }
    if (!send_pending_) {
        send(); // what the transport takes at once
    }
    owner_->disarm(pause_);
    port_->cancel_receive();
    port_->cancel_send();
    counted_->overflows.store(port_->overflows());
    failure_ = errc::closed;
    received_ = 0;
    if (reader_) {
        reader_->failure_ = failure_;
        finish_reader();
    }
    wake_senders();
    port_.reset();
}

} // namespace eddy::detail
