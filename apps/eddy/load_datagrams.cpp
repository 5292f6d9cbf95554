// SPDX-License-Identifier: BSL-1.0
#include "load_datagrams.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace client {
namespace {

void put_number(std::span<std::byte> into, std::uint64_t number) noexcept {
    for (std::size_t i = load_datagrams::header_size; i-- != 0; number >>= 8) {
        into[i] = static_cast<std::byte>(number);
    }
}

std::uint64_t get_number(std::span<const std::byte> from) noexcept {
    std::uint64_t number = 0;
    for (const auto byte : from.first(load_datagrams::header_size)) {
        number = (number << 8) | std::to_integer<std::uint64_t>(byte);
    }
    return number;
}

} // namespace

load_datagrams::load_datagrams(load_state& shared, eddy::datagrams socket, eddy::address peer)
    : shared_(&shared), socket_(std::move(socket)), peer_(std::move(peer)),
      message_(shared.options.size) {}

eddy::task<> load_datagrams::run() {
    for (;;) {
        while (out_ < shared_->options.depth && shared_->claim()) {
            co_await send();
        }
        if (out_ == 0) {
            break;
        }
        const auto oldest = window_.front().sent_at;
        const auto batch =
            co_await socket_.receive(eddy::deadline::after(oldest, shared_->options.timeout));
        if (batch) {
            std::ranges::for_each(*batch, [this](const auto& received) { take(received); });
        } else if (batch.error() != eddy::errc::timed_out) {
            break; // interrupted
        }
        give_up();
    }
}

eddy::task<> load_datagrams::send() {
    const auto number = first_ + window_.size();
    put_number(message_, number);
    const auto content = shared_->bytes.at(number * message_.size(), message_.size() - header_size);
    std::ranges::copy(content, message_.begin() + header_size);
    window_.push_back({eddy::loop_clock::now()});
    ++out_;
    co_await socket_.send(peer_, std::span<const std::byte>(message_));
}

bool load_datagrams::is_right(std::uint64_t number, std::span<const std::byte> data) const {
    return number < first_ + window_.size() &&
           shared_->bytes.matches(number * message_.size(), data.subspan(header_size));
}

void load_datagrams::take(const eddy::datagram& received) {
    if (received.peer.port() != peer_.port()) {
        return; // not from the peer; its address may be another one than we sent to
    }
    if (received.data.size() != message_.size()) {
        shared_->fail_with_wrong_bytes(fmt::format(
            "a datagram of {} bytes instead of {}", received.data.size(), message_.size()
        ));
        return;
    }
    const auto number = get_number(received.data);
    if (!is_right(number, received.data)) {
        shared_->fail_with_wrong_bytes(fmt::format("datagram {} has other bytes", number));
        return;
    }
    if (number < first_ || !window_[number - first_].is_out) {
        ++shared_->late;
        return;
    }
    auto& answered = window_[number - first_];
    answered.is_out = false;
    --out_;
    shared_->message_verified(answered.sent_at);
}

/// Counts as lost what has been out for too long.
void load_datagrams::give_up() {
    const auto too_old = eddy::loop_clock::now() - shared_->options.timeout;
    for (; !window_.empty(); window_.pop_front(), ++first_) {
        if (window_.front().is_out) {
            if (window_.front().sent_at > too_old) {
                return;
            }
            ++shared_->lost;
            --out_;
        }
    }
}

} // namespace client
