// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/session_awaiters.hpp>

#include "net/session_state.hpp"

#include <cstring>

namespace eddy::detail {

read_awaiter::~read_awaiter() {
    state_->leave(*this);
}

[[gnu::flatten]] bool read_awaiter::await_ready() {
    is_done_ = state_->try_read(*this);
    return is_done_ && state_->owner().spend(
                       ); // a coroutine that has had its share suspends although it could go on
}

bool read_awaiter::start() {
    if (is_done_) {
        wake();
    } else {
        state_->wait_for_read(*this);
    }
    return true;
}

void read_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    state_->leave(*this);
    wake();
}

result<std::span<const std::byte>> read_awaiter::finish() {
    if (failure_) [[unlikely]] {
        return failure_.code();
    }
    if (!state_->is_open()) [[unlikely]] { // closed after the message was found: its bytes are gone
        return errc::closed;
    }
    return state_->received().lend(size_, consumed_);
}

result<std::string_view> read_text_awaiter::await_resume() {
    const auto bytes = finish();
    if (!bytes) {
        return bytes.error();
    }
    std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (is_line() && text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return text;
}

result<std::size_t> read_into_awaiter::await_resume() {
    if (into_.empty()) {
        return std::size_t(0);
    }
    const auto bytes = finish();
    if (!bytes) {
        return bytes.error();
    }
    std::memcpy(into_.data(), bytes->data(), bytes->size());
    return bytes->size();
}

void write_awaiter::leave() noexcept {
    state_->leave(*this);
}

[[gnu::flatten]] bool write_awaiter::await_ready() {
    is_done_ = state_->accept(*this);
    return is_done_ && state_->owner().spend();
}

bool write_awaiter::start() {
    is_suspended_ = true;
    if (is_done_) {
        wake();
    } else if (unsent_ == 0) {
        state_->wait_for_room(*this);
    }
    return true;
}

void write_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    state_->leave(*this);
    wake();
}

result<void> write_awaiter::await_resume() noexcept {
    if (failure_) [[unlikely]] {
        return failure_.code();
    }
    return {};
}

bool flush_awaiter::await_ready() {
    state_->flush();
    failure_ = state_->write_failure();
    return state_->outbox_size() == 0 || failure_;
}

bool flush_awaiter::start() {
    state_->wait_for_flush(*this);
    if (!limit_.is_never()) {
        owner().arm(timer_, limit_.at());
    }
    return true;
}

void flush_awaiter::give_up(errc why) noexcept {
    failure_ = why;
    wake();
}

void flush_awaiter::on_stop() noexcept {
    give_up(errc::cancelled);
}

result<void> flush_awaiter::await_resume() noexcept {
    return failure_;
}

bool drain_awaiter::await_ready() const noexcept {
    return state_->is_draining();
}

bool drain_awaiter::start() {
    state_->wait_for_drain(*this);
    return true;
}

void drain_awaiter::on_stop() noexcept {
    was_stopped_ = true;
    wake();
}

void drain_awaiter::await_resume() const {
    if (was_stopped_) {
        throw cancelled();
    }
}

} // namespace eddy::detail
