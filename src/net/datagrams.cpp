// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>

#include "net/datagrams_state.hpp"

#include <memory>

namespace eddy {
namespace detail {

receive_awaiter::~receive_awaiter() {
    state_->leave(*this);
}

bool receive_awaiter::await_ready() {
    is_done_ = state_->try_receive(*this);
    return is_done_ && state_->owner().spend();
}

bool receive_awaiter::start() {
    if (is_done_) {
        wake();
    } else {
        state_->wait_for_receive(*this);
    }
    return true;
}

void receive_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    state_->leave(*this);
    wake();
}

result<std::span<const datagram>> receive_awaiter::await_resume() noexcept {
    if (failure_) {
        return failure_;
    }
    return state_->lend();
}

send_awaiter::send_awaiter(
    datagrams_state& to, const address& peer, const address& source, byte_view message
)
    : state_(&to), peer_(&peer), source_(&source), message_(message) {}

bool send_awaiter::await_ready() {
    is_done_ = state_->accept(*this);
    return is_done_ && state_->owner().spend();
}

bool send_awaiter::start() {
    if (is_done_) {
        wake();
    } else {
        state_->wait_for_room(*this);
    }
    return true;
}

void send_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    wake();
}

datagrams_state& state_of(const datagrams& socket) noexcept {
    return *socket.state_;
}

} // namespace detail

namespace {

/// For sockets that choose by themselves.
const address& any_source() noexcept {
    static const address none;
    return none;
}

} // namespace

datagrams::datagrams(detail::owner<datagram_port> port)
    : state_(new detail::datagrams_state(std::unique_ptr<datagram_port>(port.release()))) {}

datagrams::datagrams(datagrams&&) noexcept = default;
datagrams& datagrams::operator=(datagrams&&) noexcept = default;
datagrams::~datagrams() = default;

result<datagrams> datagrams::open(const endpoint& at, const socket_options& options) {
    auto port = loop::current().driver().bind(at, options);
    if (!port) {
        return port.error();
    }
    return datagrams(std::move(*port));
}

result<datagrams> datagrams::open(const endpoint& at) {
    return open(at, socket_options());
}

detail::receive_awaiter datagrams::receive(deadline limit) {
    return {*state_, limit};
}

detail::send_awaiter datagrams::send(const address& to, byte_view message) {
    return {*state_, to, any_source(), message};
}

detail::send_awaiter datagrams::reply(const datagram& received, byte_view message) {
    return {*state_, received.peer, received.local, message};
}

void datagrams::close() noexcept {
    state_->close();
}

void datagrams::request_drain() {
    state_->request_drain();
}

bool datagrams::is_draining() const noexcept {
    return state_->is_draining();
}

endpoint datagrams::local() const {
    return state_->local();
}

datagram_stats datagrams::stats() const noexcept {
    datagram_stats counted;
    state_->counters()->add_to(counted);
    return counted;
}

native_handle datagrams::native() const noexcept {
    return state_->port() ? state_->port()->native() : -1;
}

} // namespace eddy
