// SPDX-License-Identifier: BSL-1.0
#include "parity/actor.hpp"

#include <eddy/core/scope.hpp>

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace parity {

using eddy::errc;
using eddy::error_code;
using eddy::session;
using eddy::task;

namespace {

/// An outbox of several times what loopback carries in a segment (64 KiB). A window that is smaller
/// than that stays unused until Linux probes it, 200 ms later; what then goes out leaves a full
/// pipe full.
constexpr eddy::session_limits roomy{.low = 32 * 1024, .high = 256 * 1024};

} // namespace

std::string pattern(std::size_t size) {
    constexpr std::size_t period = 251; // a prime: no multiple of it is a buffer's size
    std::string made(size, '\0');
    for (std::size_t i = 0; i != size; ++i) {
        made[i] = static_cast<char>(i % period);
    }
    return made;
}

// Notes

void actor::outcome(const std::string& verb, const error_code& error) {
    note(verb + ": " + (error ? error.message() : "done"));
}

void actor::outcome(const std::string& verb, const error_code& error, std::string_view text) {
    note(verb + ": " + (error ? error.message() : quoted(text)));
}

void actor::ending(std::string_view text, const error_code& error) {
    note(fmt::format("read to the end: {}, then {}", quoted(text), error.message()));
}

// Between the two sides

void actor::give(const std::string& cue, std::size_t value) {
    auto& given = plot_->cues[cue];
    given.value = value;
    given.heard.close();
}

task<std::size_t> actor::hear(std::string cue) {
    auto& awaited = plot_->cues[cue];
    const auto heard = co_await awaited.heard.receive();
    if (heard.error() == errc::cancelled) {
        throw eddy::cancelled();
    }
    co_return awaited.value;
}

task<> actor::stop(task<> waiting) {
    eddy::scope stopped;
    stopped.spawn(std::move(waiting));
    stopped.request_stop();
    co_await stopped.join();
}

// Connections

void actor::publish(const eddy::endpoint& bound) {
    plot_->server = plot_->where->reach(bound);
    give("listening");
}

void actor::listen(const eddy::socket_options& options) {
    listener_ = raw::listen(plot_->where->server_place(), options);
    publish(listener_->local());
}

void actor::listen_once() {
    if (!listener_) {
        listen();
    }
}

void actor::try_to_listen(const eddy::endpoint& at, const eddy::socket_options& options) {
    outcome("listen", eddy::loop::current().driver().listen(at, options).error());
}

void actor::share_port() {
    outcome("share", listener_->share_port());
}

void actor::close_listener() {
    listener_.reset();
}

task<std::unique_ptr<eddy::stream>> actor::take_connection() {
    listen_once();
    auto wait = raw::wait_for<eddy::accept_op>(
        [this](auto& op) { return listener_->start_accept(op); },
        [this](auto&) { listener_->cancel_accept(); }
    );
    auto& done = co_await wait;
    outcome("accept", done.error);
    if (done.error) {
        throw eddy::error(done.error, "the server could not accept");
    }
    co_return std::move(done.accepted);
}

task<session> actor::accept() {
    auto accepted = co_await take_connection();
    co_return session(std::move(accepted), roomy);
}

task<std::unique_ptr<eddy::stream>> actor::accept_stream() {
    auto accepted = co_await take_connection();
    if (const auto failure = accepted->attach(eddy::loop::current())) {
        throw eddy::error(failure, "the loop cannot watch the connection");
    }
    co_return accepted;
}

task<> actor::accept_nobody() {
    listen_once();
    const auto accepted = co_await raw::accept(*listener_);
    outcome("accept", accepted.error);
}

task<session> actor::connect(eddy::connect_options options) {
    co_await hear("listening");
    if (options.limits.high == eddy::session_limits().high) {
        options.limits = roomy;
    }
    auto connected = co_await eddy::connect(*plot_->server, options);
    outcome("connect", connected.error());
    if (!connected) {
        throw eddy::error(connected.error(), "a client could not connect");
    }
    plot_->client = connected->local();
    give("connected");
    co_return std::move(*connected);
}

task<std::unique_ptr<eddy::stream>> actor::connect_stream(eddy::socket_options options) {
    const auto target = co_await server_address();
    auto connected = co_await raw::connect(plot_->server->kind(), target, options);
    outcome("connect", connected.error);
    if (connected.error) {
        throw eddy::error(connected.error, "a client could not connect");
    }
    give("connected");
    co_return std::move(connected.stream);
}

task<> actor::try_to_connect(eddy::connect_options options) {
    co_await hear("listening");
    co_await try_to_connect(*plot_->server, options);
}

task<> actor::try_to_connect(eddy::endpoint to, eddy::connect_options options) {
    const auto connected = co_await eddy::connect(std::move(to), options);
    outcome("connect", connected.error());
}

// Datagrams

actor::port_ptr actor::bind_server(const eddy::socket_options& options) {
    auto port = raw::bind(plot_->where->server_place(), options);
    publish(port->local());
    return port;
}

actor::port_ptr actor::bind_client(const eddy::socket_options& options) {
    auto port = raw::bind(plot_->where->client_place(), options);
    const auto at = port->local();
    plot_->client = at.has_host() ? at.numeric().value() : eddy::address::local(at.path());
    return port;
}

void actor::try_to_bind(const eddy::endpoint& at, const eddy::socket_options& options) {
    outcome("bind", eddy::loop::current().driver().bind(at, options).error());
}

task<eddy::address> actor::server_address() {
    co_await hear("listening");
    const auto& at = *plot_->server;
    co_return at.has_host() ? at.numeric().value() : eddy::address::local(at.path());
}

task<> actor::send(eddy::datagram_port& through, std::string text, eddy::address to) {
    const auto failure = co_await raw::send(through, text, to);
    outcome("send " + quoted(text), failure);
}

task<> actor::reply(eddy::datagram_port& through, std::string text, raw::datagram received) {
    const auto failure = co_await raw::send(through, text, received.peer, received.local);
    outcome("reply " + quoted(text), failure);
}

task<raw::datagram> actor::receive(eddy::datagram_port& from) {
    auto received = co_await raw::receive(from);
    outcome(
        received.is_truncated ? "receive the beginning of" : "receive",
        received.error,
        received.text
    );
    co_return received;
}

} // namespace parity
