// SPDX-License-Identifier: BSL-1.0
#include "net/datagrams_state.hpp"

#include <cstring>
#include <stdexcept>

namespace eddy::detail {
namespace {

/// A sender waits while this many are queued, until all of them have gone.
constexpr std::size_t queue_max = 64;

/// UDP over IPv4: 65,535 less the headers of IP and UDP (RFC 768).
constexpr std::size_t payload_max = 65'507;

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
        if (receive_pending_ && !is_draining_) {
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
            return false;
        }
        if (receive_.error == errc::would_block) {
            reader.failure_ = errc::draining;
            return true;
        }
        take_received();
    }
}

/// Sorts out what handlers must not see.
void datagrams_state::take_received() noexcept {
    if (receive_.error) {
        // An earlier reply met a closed port, or a route is gone: noise on a socket that talks to
        // many.
        ++stats_.receive_errors;
        if (receive_.error == std::errc::bad_file_descriptor) {
            failure_ = receive_.error;
        }
        return;
    }
    for (std::size_t i = 0; i != receive_.received; ++i) {
        if (datagrams_[i].is_truncated) {
            ++stats_.truncated;
        } else {
            ++stats_.received;
            if (received_ != i) {
                datagrams_[received_] = std::move(datagrams_[i]);
            }
            ++received_;
        }
    }
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
    stats_.sent += send_.sent;
    if (send_.error) {
        ++stats_.send_errors; // that one is lost; the others have other peers
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
    port_->cancel_receive();
    port_->cancel_send();
    stats_.overflows = port_->overflows();
    failure_ = errc::closed;
    received_ = 0;
    if (reader_) {
        reader_->failure_ = failure_;
        finish_reader();
    }
    wake_senders();
    port_.reset();
}

datagram_stats datagrams_state::stats() const noexcept {
    auto counted = stats_;
    if (port_) {
        counted.overflows = port_->overflows();
    }
    return counted;
}

} // namespace eddy::detail
