// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/session.hpp>

#include "net/session_state.hpp"

#include <limits>
#include <memory>
#include <stdexcept>

namespace eddy {
namespace {

using detail::read_request;
using until = read_request::until;

} // namespace

detail::session_state& detail::state_of(const session& whole) noexcept {
    return *whole.state_;
}

reading_pause::reading_pause(detail::session_state& paused) noexcept : state_(&paused) {}

reading_pause::~reading_pause() {
    if (state_) {
        state_->resume_reading();
    }
}

handshake::handshake(detail::session_state& opened) noexcept : state_(&opened) {
    opened.begin_opening(close_reason::handshake);
}

handshake::~handshake() {
    if (state_) {
        state_->end_opening();
    }
}

session::session(detail::owner<stream> transport, const session_limits& limits)
    : state_(new detail::session_state(std::unique_ptr<stream>(transport.release()), limits)) {}

session::session(detail::owner<stream> transport, const session_limits* shared)
    : state_(new detail::session_state(std::unique_ptr<stream>(transport.release()), shared)) {}

session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;
session::~session() = default;

detail::read_into_awaiter session::read_some(std::span<std::byte> into, deadline limit) {
    return {*state_, into, until::any, limit};
}

detail::read_bytes_awaiter session::read_exactly(std::size_t size, deadline limit) {
    return {*state_, {until::size, size}, limit};
}

detail::read_into_awaiter session::read_exactly(std::span<std::byte> into, deadline limit) {
    return {*state_, into, until::size, limit};
}

detail::read_text_awaiter
session::read_until(std::string_view delimiter, std::size_t max, deadline limit) {
    if (delimiter.empty() || delimiter.size() > std::numeric_limits<std::uint32_t>::max()) {
        throw std::invalid_argument("eddy: read_until needs a delimiter of 1 byte to 4 GiB");
    }
    return {*state_, {delimiter, max}, limit};
}

detail::read_text_awaiter session::read_line(std::size_t max, deadline limit) {
    read_request wanted("\n", max);
    wanted.is_line = true;
    return {*state_, wanted, limit};
}

detail::read_bytes_awaiter session::read_all(std::size_t max, deadline limit) {
    return {*state_, {until::end, max}, limit};
}

detail::read_bytes_awaiter session::read_message(message_finder& finder, deadline limit) {
    return {*state_, read_request(finder), limit};
}

detail::write_of<2> session::write(byte_view a, byte_view b) {
    return detail::write_of<2>(*state_, a, b);
}

detail::write_of<3> session::write(byte_view a, byte_view b, byte_view c) {
    return detail::write_of<3>(*state_, a, b, c);
}

result<void> session::try_write(byte_view message) {
    return state_->try_write(message);
}

result<void> session::post(byte_view message) {
    return state_->post(message);
}

reading_pause session::pause_reading() noexcept {
    state_->pause_reading();
    return reading_pause(*state_);
}

reading_pause session::hold_reading() noexcept {
    state_->hold_reading();
    return reading_pause(*state_);
}

handshake session::begin_handshake() {
    if (state_->is_opening()) {
        throw std::logic_error("eddy: two handshakes at once on a session");
    }
    return handshake(*state_);
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
    state_->begin_close();
    bool is_flushed = false;
    // A slow peer gets all of it; one that takes nothing does not keep the session.
    for (bool moves = true; moves && !is_flushed;) {
        const std::size_t left = outbox_size();
        const auto limit = state_->ends_when_stalled() ? deadline::never() : within(linger);
        const auto flushed = co_await flush(limit);
        is_flushed = flushed.has_value();
        moves = outbox_size() < left;
    }
    if (is_flushed) {
        const auto limit = within(linger);
        bool goes_on = !state_->has_ended();
        if (goes_on) { // otherwise the close itself tells the peer, and spares a call
            state_->shutdown_send();
        }
        // Not in one condition: g++ 12 awaits in `while (a && co_await b)` whatever `a` is.
        while (goes_on) {
            goes_on = (co_await read(limit)).has_value();
        }
    } else if (outbox_size() != 0) {
        state_->transport()->abort(); // an end of stream would make what is cut off look whole
    }
    state_->close_now(errc::closed);
}

void session::abort() noexcept {
    if (is_open()) {
        state_->transport()->abort();
        state_->close_now(errc::closed);
    }
}

bool session::is_quiet() {
    return state_->is_quiet();
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

address session::client() const {
    const proxy_header* told = proxied();
    return told && told->source.kind() != address::family::none ? told->source : peer();
}

const proxy_header* session::proxied() const noexcept {
    return state_->proxied();
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
