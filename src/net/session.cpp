// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/session.hpp>

#include "net/session_state.hpp"

#include <limits>
#include <memory>

namespace eddy {
namespace {

using detail::read_request;
using until = read_request::until;

read_request delimited(std::string_view delimiter, std::size_t max, bool is_line) noexcept {
    return {.kind = until::delimiter, .is_line = is_line, .delimiter = delimiter, .size = max};
}

} // namespace

reading_pause::reading_pause(detail::session_state& paused) noexcept : state_(&paused) {
    paused.pause_reading();
}

reading_pause::~reading_pause() {
    if (state_) {
        state_->resume_reading();
    }
}

session::session(detail::owner<stream> transport, const session_limits& limits)
    : state_(new detail::session_state(std::unique_ptr<stream>(transport.release()), limits)) {}

session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;
session::~session() = default;

detail::read_bytes_awaiter session::read(deadline limit) {
    return {
        *state_,
        read_request{.kind = until::any, .size = std::numeric_limits<std::size_t>::max()},
        limit
    };
}

detail::read_into_awaiter session::read_some(std::span<std::byte> into, deadline limit) {
    return {*state_, into, until::any, limit};
}

detail::read_bytes_awaiter session::read_exactly(std::size_t size, deadline limit) {
    return {*state_, read_request{.kind = until::size, .size = size}, limit};
}

detail::read_into_awaiter session::read_exactly(std::span<std::byte> into, deadline limit) {
    return {*state_, into, until::size, limit};
}

detail::read_text_awaiter
session::read_until(std::string_view delimiter, std::size_t max, deadline limit) {
    if (delimiter.empty()) {
        throw std::invalid_argument("eddy: read_until needs a delimiter of at least one byte");
    }
    return {*state_, delimited(delimiter, max, false), limit};
}

detail::read_text_awaiter session::read_line(std::size_t max, deadline limit) {
    return {*state_, delimited("\n", max, true), limit};
}

detail::read_bytes_awaiter session::read_all(std::size_t max, deadline limit) {
    return {*state_, read_request{.kind = until::end, .size = max}, limit};
}

detail::read_bytes_awaiter session::read_message(message_finder& finder, deadline limit) {
    return {*state_, read_request{.kind = until::message, .finder = &finder}, limit};
}

detail::write_awaiter session::write(byte_view message) {
    return {*state_, message};
}

detail::write_awaiter session::write(byte_view a, byte_view b) {
    return {*state_, a, b};
}

detail::write_awaiter session::write(byte_view a, byte_view b, byte_view c) {
    return {*state_, a, b, c};
}

result<void> session::try_write(byte_view message) {
    return state_->try_write(message);
}

result<void> session::post(byte_view message) {
    return state_->post(message);
}

reading_pause session::pause_reading() noexcept {
    return reading_pause(*state_);
}

detail::flush_awaiter session::flush(deadline limit) {
    return {*state_, limit};
}

void session::shutdown_send() {
    state_->shutdown_send();
}

task<> session::close(duration linger) {
    if (!is_open()) {
        co_return;
    }
    const auto limit = within(linger);
    state_->begin_close();
    if (co_await flush(limit)) {
        state_->shutdown_send();
        // Not in one condition: g++ 12 awaits in `while (a && co_await b)` whatever `a` is.
        bool goes_on = !state_->has_ended();
        while (goes_on) {
            goes_on = (co_await read(limit)).has_value();
        }
    }
    state_->close_now(errc::closed);
}

void session::abort() noexcept {
    if (is_open()) {
        state_->transport()->abort();
        state_->close_now(errc::closed);
    }
}

bool session::is_open() const noexcept {
    return state_->is_open();
}

bool session::is_draining() const noexcept {
    return state_->is_draining();
}

detail::drain_awaiter session::on_drain() noexcept {
    return detail::drain_awaiter(*state_);
}

void session::request_drain() {
    state_->request_drain();
}

close_reason session::ended_by() const noexcept {
    return state_->ended_by();
}

std::uint64_t session::id() const noexcept {
    return state_->id();
}

address session::peer() const {
    return is_open() ? state_->transport()->peer() : address();
}

address session::local() const {
    return is_open() ? state_->transport()->local() : address();
}

const session_stats& session::stats() const noexcept {
    return state_->stats();
}

std::size_t session::outbox_size() const noexcept {
    return state_->outbox_size();
}

bool session::holds_buffer() const noexcept {
    return state_->received().holds_block();
}

std::size_t session::held_memory() const noexcept {
    return state_->held_memory();
}

native_handle session::native() const noexcept {
    return is_open() ? state_->transport()->native() : -1;
}

} // namespace eddy
