// SPDX-License-Identifier: BSL-1.0
#include "load_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace client {
namespace {

/// How long to look for bytes behind the last message that a peer should not have sent. A peer that
/// closes when we do needs none of it.
constexpr auto end_wait = std::chrono::milliseconds(200);

} // namespace

load_stream::load_stream(load_state& shared, eddy::session peer)
    : shared_(&shared), peer_(std::move(peer)), sent_at_(shared.options.depth) {}

eddy::task<> load_stream::run() {
    eddy::scope sides;
    sides.spawn(receive(sides));
    sides.spawn(send(sides));
    co_await sides.join();
    if (is_all_back() && !shared_->failed) {
        co_await check_end();
    }
}

eddy::task<> load_stream::send(eddy::scope& sides) {
    const auto size = shared_->options.size;
    for (;;) {
        while (sent_ - answered_ == sent_at_.size()) {
            has_room_.reset();
            co_await has_room_.wait();
        }
        if (!shared_->claim()) {
            break;
        }
        sent_at_[sent_ % sent_at_.size()] = eddy::loop_clock::now();
        const auto message = shared_->bytes.at(sent_ * size, size);
        ++sent_;
        const auto written = co_await peer_.write(message);
        if (!written) {
            co_return; // the read that waits says why
        }
    }
    is_done_sending_ = true;
    if (is_all_back()) {
        sides.request_stop(); // nothing will come for the read that waits
    }
}

eddy::task<> load_stream::receive(eddy::scope& sides) {
    const auto& options = shared_->options;
    while (!is_done_sending_ || !is_all_back()) {
        const auto bytes = co_await peer_.read(eddy::within(options.timeout));
        if (bytes && take(*bytes)) {
            has_room_.set();
            continue;
        }
        if (!bytes && bytes.error() != eddy::errc::cancelled) {
            const auto progress =
                fmt::format("{} of {} messages of the connection came back", answered_, sent_);
            shared_->fail(
                answer_failure(options.where.to_string(), bytes.error(), progress, options.timeout)
            );
        }
        break;
    }
    sides.request_stop();
}

bool load_stream::take(std::span<const std::byte> bytes) {
    const auto size = shared_->options.size;
    if (received_ + bytes.size() > sent_ * size) {
        shared_->fail_with_wrong_bytes("more bytes came back than were sent");
        return false;
    }
    if (!shared_->bytes.matches(received_, bytes)) {
        shared_->fail_with_wrong_bytes(fmt::format(
            "a byte among bytes {} to {} of the connection", received_, received_ + bytes.size()
        ));
        return false;
    }
    received_ += bytes.size();
    for (; answered_ != received_ / size; ++answered_) {
        shared_->message_verified(sent_at_[answered_ % sent_at_.size()]);
    }
    return true;
}

eddy::task<> load_stream::check_end() {
    peer_.shutdown_send();
    const auto surplus = co_await peer_.read(eddy::within(end_wait));
    if (surplus) {
        shared_->fail_with_wrong_bytes("more bytes came back than were sent");
    }
}

} // namespace client
